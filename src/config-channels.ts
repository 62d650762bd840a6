import type { ConfigFile } from './config-file.ts';
import type { Environment } from './config-sources.ts';
import { suggestion } from './lib/suggestion.ts';
import { compareLevels, type Level } from './model/finding.ts';
import { CHANNEL_SETTINGS, CHANNEL_TYPE_NAMES, type ChannelTypeName } from './notify/channel-settings.ts';

/** A channel with what it was told under its variables; the values are secrets. */
export type ChannelConfig = {
  readonly name: string;
  readonly type: ChannelTypeName;
  readonly settings: ReadonlyMap<string, string>;
};

/** Findings of at least this level, of these rules and instances (null: of all), go to these channels. */
export type Route = {
  readonly minLevel: Level;
  readonly rules: readonly string[] | null;
  readonly instances: readonly string[] | null;
  readonly to: readonly string[];
};

export type Routing = {
  /** The channels that a route leads to. */
  readonly channels: readonly ChannelConfig[];
  readonly routes: readonly Route[];
  /** What is probably not meant, but can be worked with. */
  readonly warnings: readonly string[];
};

/** Read at every start: channels that need no word in octowatch.yaml. */
const OWN_SLACK = 'slack';
const OWN_CONSOLE = 'console';
/** The digest's; it takes no single findings. */
const EMAIL = 'email';

/**
 * Reads channels and routes. Without routes everything from `minLevel` on goes to every channel there is; without any
 * channel, findings are printed. `isDelivering` is false for commands that deliver nothing: they need no secrets.
 */
export function readRouting(
  env: Environment,
  file: Pick<ConfigFile, 'channels' | 'routes'>,
  context: { readonly minLevel: Level; readonly instances: readonly string[]; readonly isDelivering: boolean },
  mistakes: string[],
): Routing {
  const types = readTypes(env, file.channels ?? {}, mistakes);
  const warnings = variablesOfNobody(env, types);
  const channels = [...types].map(([name, type]): ChannelConfig => {
    const settings = readSettings(env, name, type, context.isDelivering, mistakes, warnings);
    return { name, type, settings };
  });
  const routes = file.routes
    ? file.routes.map((route, index) => {
        checkRoute(route, `routes.${index}`, new Set([...types.keys(), OWN_CONSOLE]), context.instances, mistakes);
        const { rules = null, instances = null, to } = route;
        return { minLevel: route.minLevel ?? context.minLevel, rules, instances, to };
      })
    : [defaultRoute([...types.keys()], context.minLevel)];
  const reached = new Set(routes.flatMap((route) => route.to));
  for (const name of types.keys())
    if (!reached.has(name)) warnings.push(`channels.${name}: no route leads to it, so it is told nothing`);
  if (reached.has(OWN_CONSOLE) && !types.has(OWN_CONSOLE))
    channels.push({ name: OWN_CONSOLE, type: 'console', settings: new Map() });
  return { channels: channels.filter((one) => reached.has(one.name)), routes, warnings };
}

/** The channels that are told at once of a finding: those of every route that fits, each once, in the order of the routes. */
export function channelsFor(routes: readonly Route[], rule: string, level: Level, instance: string): string[] {
  const fitting = routes.filter(
    (route) =>
      compareLevels(level, route.minLevel) >= 0 &&
      (route.instances === null || route.instances.includes(instance)) &&
      (route.rules === null || route.rules.some((pattern) => isLike(rule, pattern))),
  );
  return [...new Set(fitting.flatMap((route) => route.to))];
}

/** Patterns of routes that no rule has a name for, as warnings: most likely a rule was misspelt. */
export function idlePatterns(routes: readonly Route[], ruleNames: readonly string[]): string[] {
  return routes.flatMap((route, index) =>
    (route.rules ?? [])
      .filter((pattern) => !ruleNames.some((name) => isLike(name, pattern)))
      .map((pattern) => `routes.${index}.rules: no rule is called \`${pattern}\`${suggestion(pattern, ruleNames)}`),
  );
}

/** `*` stands for any characters, also none. */
function isLike(name: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

function defaultRoute(names: readonly string[], minLevel: Level): Route {
  if (names.length === 0) return { minLevel: 'low', rules: null, instances: null, to: [OWN_CONSOLE] };
  return { minLevel, rules: null, instances: null, to: names };
}

/** Every channel by its name: those of the yaml, and `slack` if its variable is set. */
function readTypes(
  env: Environment,
  declared: NonNullable<ConfigFile['channels']>,
  mistakes: string[],
): Map<string, ChannelTypeName> {
  const types = new Map<string, ChannelTypeName>();
  if (env['SLACK_WEBHOOK_URL']) types.set(OWN_SLACK, 'slack');
  for (const [name, { type }] of Object.entries(declared)) {
    const owner = CHANNEL_TYPE_NAMES.find((other) => other === name);
    if (name === EMAIL) mistakes.push(`channels.${name}: the name belongs to the digest's mail; choose another`);
    else if (/(^|-)file$/.test(name))
      mistakes.push(`channels.${name}: a name that ends in "file" cannot be told from \`NAME_FILE\`; choose another`);
    else if (owner !== undefined && owner !== type)
      mistakes.push(`channels.${name}: a channel of that name is of type ${owner}, not ${type}; choose another name`);
    else types.set(name, type);
  }
  return types;
}

function readSettings(
  env: Environment,
  name: string,
  type: ChannelTypeName,
  areNeeded: boolean,
  mistakes: string[],
  warnings: string[],
): Map<string, string> {
  const values = new Map<string, string>();
  for (const { variable, isAddress, meaning } of CHANNEL_SETTINGS[type]) {
    const full = variableOf(variable, name, type);
    const value = env[full]?.trim();
    if (!value) {
      if (areNeeded)
        mistakes.push(`${full}: is not set; channel ${name} needs it: ${meaning} (or name a file in ${full}_FILE)`);
      continue;
    }
    values.set(variable, value);
    const url = isAddress ? URL.parse(value) : null;
    if (!isAddress) continue;
    // An address that is itself a secret: a mistake names the variable, never the value.
    if (!url || !/^https?:$/.test(url.protocol)) mistakes.push(`${full}: is not an http(s) address`);
    else if (url.username !== '' || url.password !== '') mistakes.push(`${full}: takes no user and password`);
    else if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
      warnings.push(`${full}: findings travel in clear text, its address is http://`);
  }
  return values;
}

/** `SLACK_WEBHOOK_URL_OPS` for channel `ops`; a channel called as its type has the variable without an ending. */
function variableOf(variable: string, name: string, type: ChannelTypeName): string {
  return name === type ? variable : `${variable}_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Variables of channels that octowatch.yaml does not name: whoever set one expects messages there. */
function variablesOfNobody(env: Environment, types: ReadonlyMap<string, ChannelTypeName>): string[] {
  const known = new Set(
    [...types].flatMap(([name, type]) =>
      CHANNEL_SETTINGS[type].map(({ variable }) => variableOf(variable, name, type)),
    ),
  );
  const prefixes = Object.values(CHANNEL_SETTINGS).flatMap((settings) =>
    settings.map(({ variable }) => `${variable}_`),
  );
  return Object.keys(env)
    .filter((name) => !name.endsWith('_FILE') && !known.has(name) && prefixes.some((one) => name.startsWith(one)))
    .map((name) => `${name}: is set, but octowatch.yaml has no channel of that name and type under \`channels\``);
}

function checkRoute(
  route: NonNullable<ConfigFile['routes']>[number],
  place: string,
  channels: ReadonlySet<string>,
  instances: readonly string[],
  mistakes: string[],
): void {
  if (route.to.length === 0) mistakes.push(`${place}.to: leads nowhere; name at least one channel`);
  for (const name of route.to) {
    if (channels.has(name)) continue;
    const reason =
      name === EMAIL
        ? 'the mail is the daily digest, which holds every finding; it takes no single ones'
        : name === OWN_SLACK
          ? 'SLACK_WEBHOOK_URL is not set'
          : `there is no channel \`${name}\` under \`channels\`${suggestion(name, channels)}`;
    mistakes.push(`${place}.to: ${reason}`);
  }
  for (const name of route.instances ?? [])
    if (!instances.includes(name))
      mistakes.push(`${place}.instances: there is no instance \`${name}\`${suggestion(name, instances)}`);
}
