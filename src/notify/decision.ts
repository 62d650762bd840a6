import type { FindingReport } from '../model/finding.ts';
import { compareLevels } from '../model/finding.ts';

/** The one line a person decides by: `[HIGH] <rule title>: <title>`. Raw text: the caller makes it harmless. */
export function decisionLine(report: FindingReport, badge: string = report.level.toUpperCase()): string {
  return `[${badge}] ${report.ruleTitle}: ${report.title}`;
}

/** The most serious first; among equals the order given. */
export function bySeverity(reports: readonly FindingReport[]): FindingReport[] {
  return reports.toSorted((a, b) => compareLevels(b.level, a.level));
}
