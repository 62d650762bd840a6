import type { SimulatedState } from './state.ts';

export type Page = { readonly skip: number; readonly take: number };

/** Reads `skip` and `take`, held to the server's cap; what is not a number counts as not given. */
export function pageOf(query: URLSearchParams, state: SimulatedState, defaultTake: number): Page {
  const skip = wholeNumber(query.get('skip')) ?? 0;
  const take = wholeNumber(query.get('take')) || defaultTake;
  return { skip, take: Math.min(take, state.maxTake ?? take) };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** Renders `key=value` pairs as the server's links do: percent-encoded, but with plain commas (FACT: samples, 2023.1). */
function linkQuery(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%2C/g, ',')}`)
    .join('&');
}

/**
 * The envelope of a page. `LastPageNumber` counts from 0, `Page.Next` is absent on the last page, `Page.Previous` on the
 * first (FACT: samples, 2023.1 and 2017). `filters` are the other parameters, repeated in every link.
 */
export function envelope(facts: {
  readonly itemType: string;
  readonly items: readonly unknown[];
  readonly total: number;
  readonly page: Page;
  readonly path: string;
  readonly template: string;
  readonly filters?: Readonly<Record<string, string>>;
  /** Parameters that come after `take`. */
  readonly trailing?: Readonly<Record<string, string>>;
}): Record<string, unknown> {
  const { page, path, total } = facts;
  const pages = Math.max(1, Math.ceil(total / page.take));
  const link = (skip: number, take = page.take) =>
    `${path}?${linkQuery({ skip: String(skip), ...facts.filters, take: String(take), ...facts.trailing })}`;
  const links: Record<string, string> = {
    Self: link(page.skip),
    Template: facts.template,
    'Page.All': link(0, 2_147_483_647),
  };
  if (page.skip + page.take < total) links['Page.Next'] = link(page.skip + page.take);
  if (page.skip > 0) links['Page.Previous'] = link(Math.max(0, page.skip - page.take));
  links['Page.Current'] = link(page.skip);
  links['Page.Last'] = link((pages - 1) * page.take);
  return {
    ItemType: facts.itemType,
    TotalResults: total,
    ItemsPerPage: page.take,
    NumberOfPages: pages,
    LastPageNumber: pages - 1,
    Items: facts.items,
    Links: links,
  };
}

/** A list that is all in memory, one page of it. */
export function pagedList<T>(
  all: readonly T[],
  render: (each: T) => unknown,
  facts: { readonly itemType: string; readonly page: Page; readonly path: string; readonly template: string },
): Record<string, unknown> {
  const { skip, take } = facts.page;
  return envelope({ ...facts, items: all.slice(skip, skip + take).map(render), total: all.length });
}
