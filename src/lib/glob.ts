/** Case-insensitive equality in which `*` stands for any text. Searches from left to right, so it is never exponential. */
export function createGlob(pattern: string): (text: string) => boolean {
  const parts = pattern.toLowerCase().split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return (text) => text.toLowerCase() === first;
  return (text) => {
    const folded = text.toLowerCase();
    if (folded.length < first.length + last.length || !folded.startsWith(first) || !folded.endsWith(last)) return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const at = folded.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from <= folded.length - last.length;
  };
}
