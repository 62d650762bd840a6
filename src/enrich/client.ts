const MAX_LENGTH = 40;
/** What .NET clients write where no build server runs them (FACT octopus-api 1.8). */
const DOTNET = /^OctopusClient-dotnet\/[^(]*\([^)]*\)\s+(\S+)\s+(\S+)\s*$/;
const TOOL = /^[A-Za-z][A-Za-z0-9._-]*/;

/**
 * Which program a client is by its own word, without versions: `OctopusClient-js`, `octo`, `curl`, `browser`, `other`.
 * Null for the server itself and where nothing was said. FACT octopus-api 1.8 for the forms of Octopus's own clients: a
 * .NET client names the build server and the tool behind the brackets. Whoever calls can write there what they like, so
 * only letters, digits, dots, hyphens and underlines are kept, and not more than 40 of them.
 */
export function clientKindOf(userAgent: string | null): string | null {
  const text = userAgent?.trim() ?? '';
  if (text === '' || text === 'Server') return null;
  if (/^(Mozilla|Opera)\//.test(text)) return 'browser';
  const named = DOTNET.exec(text.slice(0, 1000))?.[2] ?? text.slice(0, 1000);
  const word = TOOL.exec(named)?.[0] ?? '';
  const name = word.replace(/[-_.]v?\d+(\.\d+)*$/, '').slice(0, MAX_LENGTH);
  return name === '' ? 'other' : name;
}
