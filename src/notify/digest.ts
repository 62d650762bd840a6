import type { DigestReport } from '../model/digest.ts';

/** The digest as a mail: the verdict as the subject, and the whole of it twice, as HTML and as plain text. */
export type RenderedDigest = { readonly subject: string; readonly html: string; readonly text: string };

/** Renders the digest. Pure; texts that anybody may have typed come out harmless in all three parts. */
export function renderDigest(report: DigestReport): RenderedDigest {
  return { subject: report.localDate, html: '', text: '' };
}
