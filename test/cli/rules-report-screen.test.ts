import { describe, expect, it } from 'vitest';
import { ruleReportScreen } from '../../src/cli/rules-report-screen.ts';
import { displayWidth } from '../../src/lib/width.ts';
import type { RuleReport } from '../../src/pipeline/rule-report.ts';

const NOTHING_RESOLVED = { ended: 0, aged: 0, configuration_changed: 0, superseded: 0, history: 0 };

function rule(of: Partial<RuleReport>): RuleReport {
  return {
    rule: 'repeated_auth_failures',
    level: 'medium',
    status: 'stable',
    findings: 1,
    perDay: 0.1,
    acknowledged: 0,
    medianSecondsToAcknowledge: null,
    excepted: 0,
    resolved: NOTHING_RESOLVED,
    subjects: [],
    limit: null,
    halving: null,
    ...of,
  };
}

const noisy = rule({
  findings: 12,
  perDay: 0.4,
  acknowledged: 3,
  medianSecondsToAcknowledge: 2 * 3600,
  resolved: { ...NOTHING_RESOLVED, ended: 2, configuration_changed: 1 },
  subjects: [
    { subject: 'svc-ci', findings: 8, share: 2 / 3, findingId: 41 },
    { subject: 'carol', findings: 2, share: 1 / 6, findingId: 12 },
  ],
  limit: { value: 5, isSettable: true },
  halving: { kind: 'found', threshold: 12, left: 5, of: 12 },
});

const screen = (rules: readonly RuleReport[], width = 120, since = '30d') =>
  ruleReportScreen(rules, since, 30, { width, colour: false });
const adviceIn = (text: string) => (text.split('Too many?\n')[1]?.split('\n\n')[0] ?? '').replaceAll('\n  ', ' ');

describe('the screen of rules report', () => {
  it('shows in a row what a rule found, what became of it, and what would have halved it', () => {
    expect(screen([noisy], 180)).toContain(
      'repeated_auth_failures  medium  stable        12   0.40      3  2 h         0  2 ended, 1 configuration changed' +
        '      5  12: 5 of 12  svc-ci 8 (67 %), carol 2 (17 %)',
    );
  });

  it.each([80, 90, 100, 120, 160])('fits %d columns', (width) => {
    const long = rule({
      findings: 9,
      subjects: [{ subject: `${'x'.repeat(90)} · ${'y'.repeat(90)}`, findings: 9, share: 1, findingId: 3 }],
    });

    const lines = screen([noisy, long], width).split('\n');

    expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
  });

  it('advises the threshold that halves a noisy rule, with the command that shows it', () => {
    expect(adviceIn(screen([noisy]))).toBe(
      '- repeated_auth_failures: 12 leaves 5 of 12: ' +
        'octowatch rules backtest --set rules.repeated_auth_failures.threshold=12',
    );
    expect(adviceIn(screen([noisy], 120, '12w'))).toContain('backtest --since 12w --set rules.');
  });

  it.each([
    ['that cannot be set', { limit: { value: 5, isSettable: false } }],
    ['of which none halves it', { halving: { kind: 'none', of: 12, why: '' } as const }],
    ['of which nothing is known', { halving: { kind: 'unknown', why: '' } as const }],
  ])('looks at the noisiest subject instead of a threshold %s', (_, of) => {
    expect(adviceIn(screen([{ ...noisy, ...of }]))).toBe(
      '- repeated_auth_failures: 8 of 12 are about svc-ci; if that is as it should be: octowatch exceptions add --finding 41',
    );
  });

  it('advises nothing about a quiet rule, nor where no subject and no threshold stands out', () => {
    const spread = { ...noisy, halving: null, subjects: [{ subject: 'a', findings: 6, share: 0.5, findingId: 1 }] };

    expect(screen([{ ...noisy, findings: 4 }, spread])).not.toContain('Too many?');
  });

  it('says of findings about another subject each that it is so', () => {
    const each = rule({ findings: 3, subjects: [{ subject: 'a', findings: 1, share: 1 / 3, findingId: 1 }] });

    expect(screen([each])).toMatch(/ each another$/m);
  });

  it('makes what the audit log names harmless', () => {
    const subject = '\u001b[2Jevil\nrow';
    const hostile = { ...noisy, halving: null, subjects: [{ subject, findings: 12, share: 1, findingId: 9 }] };

    const text = screen([hostile], 200);

    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\nrow');
    expect(text).toContain('\\u{1b}[2Jevil row');
  });

  it('says that there was nothing', () => {
    expect(screen([])).toBe('No rule found or hid anything in 30 days.\n');
  });
});
