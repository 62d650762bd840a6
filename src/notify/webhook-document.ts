import { z } from 'zod';
import { truncate } from '../lib/text.ts';
import { type FindingReport, LEVELS } from '../model/finding.ts';
import type { Notice } from '../model/message.ts';

/** Texts of the audit log are cut to this; everything in a finding but its SQL, which has to stay whole. */
const MAX_TEXT = 2000;

const text = z.string().max(MAX_TEXT);
const instant = z.string().describe('Instant in UTC, ISO 8601.');

const finding = z
  .strictObject({
    findingId: z.number().int().describe('Number of the finding in the view `findings`.'),
    instance: text.describe('Name of the Octopus instance.'),
    rule: text.describe('Name of the rule; `monitor_…` for what the monitor finds about itself.'),
    ruleTitle: text.describe("The rule's title."),
    level: z.enum(LEVELS).describe('How grave it is.'),
    title: text.describe('What happened, in one line, with the values of the event.'),
    subject: text.describe("The values that name what the finding is about, joined by ' · '."),
    firstSeenAt: instant.describe('When its first event happened, UTC.'),
    lastSeenAt: instant.describe('When its last event happened, UTC.'),
    eventCount: z.number().int().describe('How many events it holds.'),
    status: z.enum(['open', 'acknowledged', 'resolved']).describe('Its status when the document was made.'),
    why: text.describe('What was observed against which limit.'),
    usual: text.nullable().describe('What is usual, to hold it against; null where nothing can be said.'),
    respond: z.array(text).describe('What to do, step by step.'),
    falsePositives: z.array(text).describe('When it can be harmless.'),
    facts: z
      .array(
        z.strictObject({
          label: text.describe('Who, API key, What, Project, Environment, Tenants, Address, Client, …'),
          value: text.describe('The value, in one text.'),
          values: z.array(text).nullable().describe('The same one by one when there are many; else null.'),
        }),
      )
      .describe('Who, what, where and from where. What is not known is left out.'),
    evidence: z
      .array(
        z.strictObject({
          eventId: text.describe('Id of the audit event, or of the object for findings about a state.'),
          occurredAt: instant.describe('When it happened, UTC.'),
          text: text.describe('The message of the event.'),
          url: text.nullable().describe('The audit page of Octopus around that second; null when none can be named.'),
          deploymentUrl: text.nullable().describe('The page of the deployment concerned; null when there is none.'),
        }),
      )
      .describe('The latest events, newest first; at most ten. `sql` shows all.'),
    companions: z
      .array(z.number().int())
      .describe('Numbers of further findings told of with this one, such as one release to many tenants.'),
    sql: z.string().describe('SQL over the views that shows every event of the finding.'),
    timeZone: text.describe('The IANA zone of the business calendar.'),
    monitorVersion: text.describe('Version of Octowatch that made the finding.'),
  })
  .describe('One finding.');

const growth = z
  .strictObject({
    newEvents: z.number().int().describe('Events since this channel was last told.'),
    sinceAt: instant.describe('When it was last told, UTC.'),
    novelties: z.array(text).describe('What was not in the finding before, such as `address 203.0.113.9`.'),
  })
  .describe('How a finding has grown.');

const document = z
  .strictObject({
    version: z.literal(1).describe('Version of this format. Keys may be added within a version, never changed.'),
    id: text.describe('Names the message; the same at every attempt to deliver it, and in `X-Octowatch-Delivery`.'),
    kind: z
      .enum(['alert', 'repeat', 'reminder', 'resolved', 'summary', 'keys', 'alive'])
      .describe(
        '`alert`: a new finding; `repeat`: it has grown; `reminder`: nobody acknowledged it; `resolved`: it ended; `summary`: many at once; `keys`: API keys of one instance; `alive`: the daily sign of life.',
      ),
    findings: z.array(finding).describe('The findings told of, the gravest first; none for `alive`.'),
    growth: growth.nullable().describe('Only for `repeat`.'),
    sinceAt: instant.nullable().describe('Only for `reminder`: when this channel was first told, UTC.'),
    reason: text.nullable().describe('Only for `summary`: why these are told together.'),
    text: text.nullable().describe('Only for `alive`: what has been covered.'),
  })
  .describe(
    'What Octowatch posts to a webhook channel. Texts are as somebody typed them: escape them for where you show them.',
  );

export type WebhookDocument = z.infer<typeof document>;

/** The format as a JSON Schema of draft 07, for `docs/webhook.schema.json`; it lets keys be added later. */
export function webhookSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(document, {
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
    },
  });
  return { $schema, title: 'Octowatch webhook', ...schema };
}

/** What is posted for a notice. */
export function webhookDocument(notice: Notice, id: string): WebhookDocument {
  const reports = 'reports' in notice ? notice.reports : 'report' in notice ? [notice.report] : [];
  return {
    version: 1,
    id,
    kind: notice.kind,
    findings: reports.map(findingOf),
    growth: notice.kind === 'repeat' ? { ...notice.growth, novelties: notice.growth.novelties.map(cut) } : null,
    sinceAt: notice.kind === 'reminder' ? notice.sinceAt : null,
    reason: notice.kind === 'summary' ? cut(notice.reason) : null,
    text: notice.kind === 'alive' ? cut(notice.text) : null,
  };
}

function findingOf(report: FindingReport): WebhookDocument['findings'][number] {
  const { findingId, level, firstSeenAt, lastSeenAt, eventCount, status, sql } = report;
  return {
    findingId,
    instance: cut(report.instance),
    rule: cut(report.rule),
    ruleTitle: cut(report.ruleTitle),
    level,
    title: cut(report.title),
    subject: cut(report.subject),
    firstSeenAt,
    lastSeenAt,
    eventCount,
    status,
    why: cut(report.why),
    usual: report.usual === undefined ? null : cut(report.usual),
    respond: report.respond.map(cut),
    falsePositives: report.falsePositives.map(cut),
    facts: report.facts.map(({ label, value, values }) => ({
      label: cut(label),
      value: cut(value),
      values: values?.map(cut) ?? null,
    })),
    evidence: report.evidence.map((line) => ({
      eventId: cut(line.eventId),
      occurredAt: line.occurredAt,
      text: cut(line.text),
      url: line.url === null ? null : cut(line.url),
      deploymentUrl: line.deployment === undefined ? null : cut(line.deployment.url),
    })),
    companions: [...(report.companions ?? [])],
    sql,
    timeZone: cut(report.timeZone),
    monitorVersion: cut(report.monitorVersion),
  };
}

function cut(text: string): string {
  return truncate(text.toWellFormed(), MAX_TEXT);
}
