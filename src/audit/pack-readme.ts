import { PACK_DATABASE } from './manifest.ts';

/** What whoever unpacks a pack reads first. */
export function packReadme(sentence: string, version: string): string {
  return `Audit pack of Octowatch ${version}

${sentence}.

${PACK_DATABASE}      a SQLite database of the period with documented views: sqlite3 -readonly ${PACK_DATABASE}
                  "SELECT * FROM findings". \`octowatch query --schema\` says what every view and column means.
answers/          the answers of all saved questions, CSV (text that a spreadsheet would run has an apostrophe before it)
findings.jsonl    one finding a line, with why it was flagged and its evidence
events.jsonl      one audit event a line; raw is the event as received
events.parquet    the same for DuckDB, Spark, Trino, Athena; times are UTC
coverage/         what was read of the period: the statement as text and JSON, and the ledger of polled windows
rules.json        the versions of rules, correlations and exceptions in force; their texts are in rules/
configurations.json  what judging rested on: time zone, calendar, production, adjustments of rules
manifest.json     who exported this, when and from what, and the SHA-256 and size of every other file
manifest.json.hmac   HMAC-SHA-256 of manifest.json, where a key was set

Check it: octowatch verify --pack .   (with OCTOWATCH_CHAIN_KEY set, the signature too)
Without Octowatch: sha256sum of each file against manifest.json.

Times are UTC. Findings are in the state they had when this was exported; a finding is here if it was unresolved or has
events in the period. Evidence outside of the period is named and not included. Accounts, API keys, spaces and environments
are as of the last reading of the server.
`;
}
