import type { SigmaCorrelation, SigmaDocument } from '../document.ts';
import { type Mistake, quoted, suggestion } from '../mistakes.ts';

/** Documents by what others may call them: id or name. */
export class Directory {
  readonly #byReference = new Map<string, SigmaDocument>();
  /** A file may name thirty thousand rules that nobody has: to look for what each may mean takes minutes. */
  #hintsLeft = 100;
  /** Rules and correlations by what they are called in results: name, else id, else title. */
  readonly #byKey = new Map<string, SigmaDocument>();

  /** Enters a document; mistakes (it is then not entered) name the one that has its id or name already. */
  enter(document: SigmaDocument): Mistake[] {
    const mistakes = (['id', 'name'] as const).flatMap((attribute) => {
      const value = document[attribute];
      const other = value === null ? undefined : this.#byReference.get(value.toLowerCase());
      if (value === null || !other) return [];
      const message = `the ${attribute} ${quoted(value)} is taken by ${quoted(other.title)} (${other.file}:${other.place.line})`;
      return [{ file: document.file, ...document.placeOf([attribute]), message }];
    });
    const key = document.name ?? document.id ?? document.title;
    const namesake = document.kind === 'filter' ? undefined : this.#byKey.get(key);
    if (namesake && mistakes.length === 0) {
      const message = `nothing tells this rule from ${quoted(namesake.title)} (${namesake.file}:${namesake.place.line}): give it an \`id\` or a \`name\``;
      mistakes.push({ file: document.file, ...document.placeOf(['title']), message });
    }
    if (mistakes.length > 0) return mistakes;
    if (document.kind !== 'filter') this.#byKey.set(key, document);
    for (const reference of [document.id, document.name]) {
      if (reference !== null) this.#byReference.set(reference.toLowerCase(), document);
    }
    return [];
  }

  find(reference: string): SigmaDocument | null {
    return this.#byReference.get(reference.toLowerCase()) ?? null;
  }

  /** What to say of a reference that nothing has. */
  unknown(reference: string): string {
    this.#hintsLeft -= 1;
    const hint = this.#hintsLeft < 0 ? '' : suggestion(reference, this.#byReference.keys());
    return `no rule that could be used has the id or name ${quoted(reference)}${hint}`;
  }

  /** What is wrong with the references of a correlation: unknown ones, filters, and a way back to itself. */
  problemsOf(correlation: SigmaCorrelation): Mistake[] {
    return correlation.correlation.rules.flatMap(({ reference, place }) => {
      const at = { file: correlation.file, ...place };
      const target = this.find(reference);
      if (!target) return [{ ...at, message: this.unknown(reference) }];
      if (target.kind === 'filter')
        return [{ ...at, message: `${quoted(reference)} is a filter, which nothing can count` }];
      if (!this.#leadsTo(target, correlation)) return [];
      return [{ ...at, message: `${quoted(reference)} leads back to this correlation` }];
    });
  }

  /** Walks without recursion: a file may chain as many correlations as fit into it. */
  #leadsTo(from: SigmaDocument, wanted: SigmaDocument): boolean {
    const seen = new Set<SigmaDocument>();
    const pending = [from];
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next === wanted) return true;
      if (next.kind !== 'correlation' || seen.has(next)) continue;
      seen.add(next);
      for (const { reference } of next.correlation.rules) {
        const target = this.find(reference);
        if (target) pending.push(target);
      }
    }
    return false;
  }
}
