import type { DigestReport } from '../model/digest.ts';
import type { DigestDocument, Tone } from './digest-document.ts';
import { findingSections, trendSections } from './digest-findings.ts';
import { renderDigestHtml } from './digest-html.ts';
import { hygieneSections, operationSections } from './digest-operations.ts';
import { plain } from './digest-plain.ts';
import { renderDigestText } from './digest-text.ts';
import { createLocalTime, describeDuration, type LocalTime } from './digest-time.ts';
import { judgeReport, subjectOf, type Verdict } from './digest-verdict.ts';

/** The digest as a mail: the verdict as the subject, and the whole of it twice, as HTML and as plain text. */
export type RenderedDigest = { readonly subject: string; readonly html: string; readonly text: string };

/** Gmail clips a mail whose HTML is above 102 kB; the encoding of the mail and its headers are not counted. */
const MAX_HTML_BYTES = 96_000;

/** Lists are shortened in these steps until the mail is small enough. Ordinary days fit at once. */
const ROOMS = [1, 0.7, 0.5, 0.35, 0.2, 0.1, 0] as const;

/** Renders the digest. Pure; texts that anybody may have typed come out harmless in all three parts. */
export function renderDigest(report: DigestReport): RenderedDigest {
  const verdict = judgeReport(report);
  let rendered = { subject: '', html: '', text: '' };
  for (const room of ROOMS) {
    const document = describeDigest(report, verdict, room);
    rendered = { subject: document.subject, html: renderDigestHtml(document), text: renderDigestText(document) };
    if (Buffer.byteLength(rendered.html) <= MAX_HTML_BYTES) break;
  }
  return rendered;
}

function describeDigest(report: DigestReport, verdict: Verdict, room: number): DigestDocument {
  const time = createLocalTime(report.timeZone);
  const { counts, keys } = verdict;
  return {
    subject: subjectOf(report, verdict),
    headline: `${verdict.headline.charAt(0).toUpperCase()}${verdict.headline.slice(1)}`,
    tone: toneOf(verdict),
    about: about(report, time),
    tiles: [
      { value: String(counts.critical), label: 'critical', tone: counts.critical > 0 ? 'critical' : 'informational' },
      { value: String(counts.high), label: 'high', tone: counts.high > 0 ? 'high' : 'informational' },
      { value: String(counts.medium), label: 'medium', tone: counts.medium > 0 ? 'medium' : 'informational' },
      { value: String(keys), label: keys === 1 ? 'key' : 'keys', tone: keys > 0 ? 'medium' : 'informational' },
      coverageTile(verdict),
    ],
    notices: notices(report, verdict),
    sections: [
      ...findingSections(report, room),
      ...trendSections(report, room),
      ...hygieneSections(report, room),
      ...operationSections(report, room),
    ],
    commands: [
      { command: 'octowatch findings', purpose: 'every open finding' },
      { command: 'octowatch ack N --note "…"', purpose: 'acknowledge finding N' },
      { command: 'octowatch query "SELECT * FROM findings WHERE finding_id = N"', purpose: 'all that is stored of it' },
      { command: 'octowatch query --schema', purpose: 'what else can be asked' },
    ],
    footer: [
      `Octowatch ${plain(report.monitorVersion, 40)} · digest of ${plain(report.localDate, 20)} · sent every day, quiet ones too: if none arrives, the monitor needs a look.`,
      ...(report.chainHead === null
        ? []
        : [
            `Head of the evidence chain: ${plain(report.chainHead, 100)}. Keep this mail: octowatch verify --head proves by it that nothing since was cut off or rewritten.`,
          ]),
    ],
  };
}

function about(report: DigestReport, time: LocalTime): string[] {
  const from = plain(time.full(report.fromAt), 60);
  const to = plain(time.full(report.toAt), 60);
  const hours = Math.round((Date.parse(report.toAt) - Date.parse(report.fromAt)) / 3_600_000);
  // A day of 23 or 25 hours is a change of the clocks; more is what an outage left.
  const length = hours === 24 ? '' : `, ${describeDuration(report.fromAt, report.toAt)}`;
  const instances = report.instances.slice(0, 10).map((instance) => plain(instance, 40));
  const rest = report.instances.length - instances.length;
  return [
    `${from} to ${to} (${plain(time.zone, 60)})${length}`,
    `${report.instances.length === 1 ? 'Instance' : 'Instances'}: ${instances.join(', ') || 'none'}${rest > 0 ? ` and ${rest} more` : ''}`,
  ];
}

function notices(report: DigestReport, verdict: Verdict): string[] {
  const lines: string[] = [];
  if (!verdict.isCovered) lines.push('Not everything was read: see Coverage below. What was not read was not judged.');
  if (verdict.undelivered > 0) lines.push('Not every message reached its channel: see Undelivered alerts below.');
  if (report.isTimeZoneAssumed)
    lines.push(
      'OCTOWATCH_TIMEZONE is not set: times and business hours are in UTC. Set it to your zone, such as Europe/London.',
    );
  return lines;
}

function coverageTile({ isCovered, coverage }: Verdict): DigestDocument['tiles'][number] {
  const share = /[\d.]+ %/.exec(coverage)?.[0] ?? 'none';
  return { value: share.replace(' ', '\u00a0'), label: 'coverage', tone: isCovered ? 'quiet' : 'high' };
}

function toneOf(verdict: Verdict): Tone {
  if (verdict.isQuiet) return 'quiet';
  if (verdict.counts.critical > 0) return 'critical';
  return verdict.counts.high > 0 || !verdict.isCovered || verdict.undelivered > 0 ? 'high' : 'medium';
}
