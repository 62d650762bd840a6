import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { messageOf } from './lib/errors.ts';
import { printable, truncate } from './lib/text.ts';

/** Where something stands in a file; both count from 1. */
export type Place = { readonly line: number; readonly column: number };

export type YamlPath = readonly (string | number)[];

/** A YAML file as plain values, and where each of them stands. */
export type PlacedYaml = {
  readonly data: unknown;
  /** Where what stands at a path begins, or else the nearest thing above it that is there. */
  placeOf(path: YamlPath): Place;
  /** The same of the name of a field rather than its value. */
  placeOfField(path: YamlPath): Place;
};

const MAX_ALIASES = 100;

/** Reads YAML whose mistakes are to be told by their place. What is no YAML goes to `report`, and null comes back. */
export function readPlacedYaml(text: string, report: (place: Place, message: string) => void): PlacedYaml | null {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const offsetOf = (path: YamlPath): number => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
    return path.length === 0 ? 0 : offsetOf(path.slice(0, -1));
  };
  for (const { pos, message } of document.errors) report(placeAt(pos[0]), `not YAML: ${shown(message)}`);
  if (document.errors.length > 0) return null;
  try {
    return {
      data: document.toJS({ maxAliasCount: MAX_ALIASES }),
      placeOf: (path) => placeAt(offsetOf(path)),
      placeOfField(path) {
        const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
        const pairs = isMap(parent) ? parent.items : [];
        const key = pairs.map((pair) => pair.key).find((one) => isScalar(one) && String(one.value) === path.at(-1));
        return placeAt(isNode(key) && key.range ? key.range[0] : offsetOf(path));
      },
    };
  } catch (error) {
    report({ line: 1, column: 1 }, shown(messageOf(error)));
    return null;
  }
}

function shown(message: string): string {
  return printable(truncate(message, 200));
}
