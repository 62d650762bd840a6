import { compileRules, type Mistake, parseSigmaFile, type RuleSet } from '../../src/sigma/index.ts';

/** A whole rule around a detection section, written as flow YAML or as lines indented by two. */
export function ruleText(detection: string, head = 'title: Probe'): string {
  return `${head}\nlogsource: {product: probe}\ndetection:\n${detection
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;
}

/** The rule set of a text that must have no mistakes. */
export function ruleSetOf(text: string): RuleSet {
  const { documents, mistakes } = parseSigmaFile(text, 'probe.yml');
  const compiled = compileRules(documents);
  const all = [...mistakes, ...compiled.mistakes];
  if (all.length > 0) throw new Error(all.map(describe).join('\n'));
  return compiled.ruleSet;
}

/** Whether a record matches the one rule of a detection section. */
export function matches(detection: string, record: Record<string, unknown>): boolean {
  return ruleSetOf(ruleText(detection)).match(record).length === 1;
}

/** The mistakes of a text, whether they show when it is read or when it is compiled. */
export function mistakesOf(text: string): Mistake[] {
  const { documents, mistakes } = parseSigmaFile(text, 'broken.yml');
  return [...mistakes, ...compileRules(documents).mistakes];
}

function describe({ file, line, column, message }: Mistake): string {
  return `${file}:${line}:${column}: ${message}`;
}
