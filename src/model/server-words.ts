/**
 * The words an Octopus server uses: id to name of its event categories and document types. A list is null where the
 * server did not give it.
 */
export type ServerWords = {
  readonly categories: ReadonlyMap<string, string> | null;
  readonly documentTypes: ReadonlyMap<string, string> | null;
};
