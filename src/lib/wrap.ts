import { printable } from './text.ts';
import { displayWidth, splitAtWidth } from './width.ts';

/**
 * Breaks text at spaces into printable lines of at most `width` cells, indent included; words longer than a line are
 * broken.
 */
export function wrapText(text: string, width: number, indent: string): string[] {
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(/ +/)) {
    let rest = word;
    if (line !== '' && displayWidth(line) + 1 + displayWidth(rest) <= room) {
      line += ` ${rest}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (displayWidth(rest) > room) {
      const [head, tail] = splitAtWidth(rest, room);
      lines.push(head);
      rest = tail;
    }
    line = rest;
  }
  lines.push(line);
  return lines.map((each) => `${indent}${each}`);
}
