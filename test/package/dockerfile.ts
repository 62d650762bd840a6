/** One instruction of a Dockerfile: its name in capitals, its flags (`--from=…`) and the words behind them. */
export type Instruction = {
  readonly name: string;
  readonly flags: readonly string[];
  readonly words: readonly string[];
  readonly text: string;
};

/** Reads a Dockerfile: comments dropped, continued lines joined, words split at spaces or read from a JSON list. */
export function parseDockerfile(source: string): Instruction[] {
  const lines = source
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [name = '', ...rest] = line.split(/\s+/);
    const flags = rest.filter((word) => word.startsWith('--') && rest.indexOf(word) < 3 && name !== 'RUN');
    const text = rest.filter((word) => !flags.includes(word)).join(' ');
    return { name: name.toUpperCase(), flags, words: wordsOf(text), text };
  });
}

function wordsOf(text: string): string[] {
  if (text.startsWith('[')) return JSON.parse(text) as string[];
  return text.split(' ');
}
