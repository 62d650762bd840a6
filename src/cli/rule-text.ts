import { describeDuration } from '../lib/duration.ts';
import { printable } from '../lib/text.ts';
import { displayWidth } from '../lib/width.ts';
import { wrapText } from '../lib/wrap.ts';
import type { RuleSheet } from './rule-sheet.ts';

type Look = { readonly width: number; readonly colour: boolean };
type Fact = readonly [label: string, texts: string | null | readonly string[]];

/** With it a SHA-256 just fits into 80 columns. */
const LABEL_CELLS = 16;
/** Longer lines are hard to read, however wide the terminal. */
const MAX_WIDTH = 120;

/** A rule for a person to read: what it is, what it looks for, what is made of a match. Ends with a line break. */
export function renderRule(sheet: RuleSheet, terminal: Look): string {
  const look = { ...terminal, width: Math.min(terminal.width, MAX_WIDTH) };
  const sections = [
    [bold(printable(sheet.title), look)],
    facts(metadata(sheet), look),
    facts(scope(sheet), look),
    sheet.detection ? detection('Detection', sheet.detection, look) : [],
    sheet.correlation ? correlation(sheet.correlation, look) : [],
    ...sheet.filters.map((one) => [
      ...detection(`Filter ${printable(one.filter)}: a match counts only where this holds too`, one, look),
      ...fact(['  file', `${one.file}:${one.line}`], look),
    ]),
    sheet.octowatch ? [bold('Findings', look), ...facts(findings(sheet, sheet.octowatch), look)] : [],
    sheet.correlation
      ? [bold('SQL', look), ...sheet.correlation.sql.split('\n').map((line) => `  ${printable(line)}`)]
      : [],
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function metadata(sheet: RuleSheet): Fact[] {
  const changed = sheet.modified === null ? '' : `, changed ${sheet.modified}`;
  const isAdjusted = sheet.levelInFile !== null && sheet.level !== sheet.levelInFile;
  return [
    ['name', sheet.name],
    ['id', sheet.id],
    ['file', `${sheet.file}:${sheet.line}`],
    ['sha256', sheet.sha256],
    ['status', sheet.status],
    ['level', isAdjusted ? `${sheet.level} by octowatch.yaml; in the file ${sheet.levelInFile}` : sheet.level],
    ['author', sheet.author],
    ['date', sheet.date === null ? null : `${sheet.date}${changed}`],
    ['license', sheet.license],
    ['taxonomy', sheet.taxonomy],
    ['scope', sheet.scope.join(', ')],
    ['tags', sheet.tags.join(', ')],
    ['related', sheet.related.map(({ id, type }) => `${type}: ${id}`)],
    ['references', sheet.references],
    ['description', sheet.description],
    ['false positives', sheet.falsePositives],
  ];
}

function scope(sheet: RuleSheet): Fact[] {
  const source = Object.entries(sheet.logsource ?? {}).flatMap(([key, value]) => (value ? [`${key}: ${value}`] : []));
  return [
    ['log source', source.join(', ')],
    ['finds', finds(sheet)],
    [
      'applies to',
      sheet.appliesTo && (sheet.appliesTo.length > 0 ? sheet.appliesTo.join(', ') : 'none of these rules'),
    ],
    ['fields', sheet.fields.join(', ')],
    ['looked at only', sheet.kind === 'filter' || !sheet.detection ? null : indexed(sheet)],
  ];
}

function finds(sheet: RuleSheet): string | null {
  if (sheet.findsOnItsOwn === null) return null;
  const counted = sheet.countedBy.join(', ');
  if (!sheet.findsOnItsOwn) return `nothing on its own: it is counted by ${counted}`;
  return counted === '' ? 'on its own' : `on its own, and is counted by ${counted}`;
}

function indexed({ onlyWhen }: RuleSheet): string[] {
  if (onlyWhen.length === 0) return ['nothing excludes it: every record of the log source is tried'];
  return onlyWhen.map(({ field, values }, index) => {
    const shown = values.map((value) => (value === '' ? '(empty)' : value));
    return `${index === 0 ? 'when' : 'and'} ${field} is ${shown.length > 1 ? `one of ${shown.join(', ')}` : shown.join('')}`;
  });
}

function detection(
  title: string,
  { selections, condition }: Pick<NonNullable<RuleSheet['detection']>, 'selections' | 'condition'>,
  look: Look,
): string[] {
  return [
    bold(title, look),
    ...selections.flatMap(({ name, lines }) => [`  ${name}`, ...lines.map((line) => `    ${line}`)]),
    ...fact(['  condition', condition], look),
  ];
}

function correlation(one: NonNullable<RuleSheet['correlation']>, look: Look): string[] {
  const groups = one.groupBy.map(({ name, fields }) => {
    const isAlias = Object.values(fields).some((field) => field !== name);
    const by = Object.entries(fields).map(([rule, field]) => `${field} in ${rule}`);
    return isAlias ? `${name}: ${by.join(', ')}` : name;
  });
  return [
    bold('Correlation', look),
    ...facts(
      [
        ['type', one.type],
        ['rules', one.rules],
        ['group by', groups.length > 0 ? groups : 'nothing: all events are one group'],
        ['timespan', describeDuration(one.timespanMs)],
        ['condition', one.condition],
        ['generate', one.generate ? 'yes: its rules also find on their own' : null],
      ],
      look,
    ),
  ];
}

function findings(sheet: RuleSheet, own: NonNullable<RuleSheet['octowatch']>): Fact[] {
  const subject =
    own.subject.length > 0
      ? `the same ${own.subject.join(', ')}`
      : { event: '', api_key: 'one API key', correlation: 'one group', filter: '' }[sheet.kind];
  const joins =
    sheet.kind === 'api_key'
      ? 'it is resolved when the key no longer matches'
      : `further events join it until ${describeDuration(own.windowMs)} after its last one`;
  const levels = own.levels.map(
    ({ level, when, because }) => `${level} when ${when} holds${because ? `: ${because}` : ''}`,
  );
  const threshold =
    own.threshold === null ? null : `rules.${sheet.rule}.threshold replaces the limit of ${own.threshold}`;
  const now = own.thresholdInForce === null ? '' : ` (now ${own.thresholdInForce})`;
  return [
    [
      'one finding is',
      own.subject.length === 0 && sheet.kind === 'event' ? 'about one event' : `about ${subject}; ${joins}`,
    ],
    ['title', own.summary],
    ['why', own.why],
    ['level', levels],
    ['threshold', threshold && `${threshold}${now}`],
    ['takes in', own.supersedes.length > 0 ? `findings of ${own.supersedes.join(', ')} about the same` : null],
    ['what to do', own.respond],
    ['examples', `${own.examples.fires.length} that must fire, ${own.examples.quiet.length} that must stay quiet`],
  ];
}

function facts(list: readonly Fact[], look: Look): string[] {
  return list.flatMap((one) => fact(one, look));
}

/** Several texts stand below one another; none, or empty text, leaves the label out as well. */
function fact([label, texts]: Fact, look: Look): string[] {
  const list = (typeof texts === 'string' ? [texts] : (texts ?? [])).filter((text) => text !== '');
  const indent = ' '.repeat(LABEL_CELLS);
  // Several on several lines each would run into one another.
  const hanging = list.length > 1 ? '  ' : '';
  const lines = list.flatMap((text) => {
    const [first = '', ...rest] = wrapText(text.trim(), look.width - hanging.length, indent);
    return [first, ...rest.map((line) => `${hanging}${line}`)];
  });
  const [first = '', ...rest] = lines;
  if (lines.length === 0) return [];
  return [
    `${label}${' '.repeat(Math.max(1, LABEL_CELLS - displayWidth(label)))}${first.slice(indent.length)}`,
    ...rest,
  ];
}

function bold(text: string, look: Look): string {
  return look.colour ? `\u001b[1m${text}\u001b[0m` : text;
}
