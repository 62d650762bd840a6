import { describe, expect, it } from 'vitest';
import { deploymentQueued, sessionActor } from '../../src/demo/index.ts';
import { buildReport } from '../../src/detect/index.ts';
import type { FindingReport } from '../../src/model/finding.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import {
  alice,
  deployment,
  failedSignIn,
  NOON,
  queuedByAlice,
  queuedByKey,
  started,
} from '../support/small-history.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Saturday at midnight. */
const NIGHT = NOON - 9 * DAY + 12 * HOUR;

function reportOf(evaluation: Evaluation, findingId: number, isBrief = false): FindingReport {
  const finding = evaluation.store.findings.get(findingId);
  if (!finding) throw new Error(`there is no finding ${findingId}`);
  return buildReport(evaluation.store, finding, {
    timeZone: 'Europe/Berlin',
    octopusUrl: 'https://octopus.example.com',
    isBrief,
  });
}

function forTenant(id: string, at: number, tenant: string) {
  const facts = { ...deployment(1), tenant: { id: `Tenants-${tenant}`, name: tenant } };
  return deploymentQueued({ id, at, actor: sessionActor(alice, '192.0.2.10'), deployment: facts });
}

describe('the report of a finding', () => {
  it('links each piece of evidence to its second of the audit page and to the deployment in its space', () => {
    const evaluation = startEvaluation();
    evaluation.feed(queuedByAlice('Events-1', NIGHT, 7), started('Events-2', NIGHT + 1000, 7));

    const { evidence } = reportOf(evaluation, 1);

    expect(evidence.map(({ eventId, deployment: page }) => [eventId, page])).toEqual(
      ['Events-2', 'Events-1'].map((id) => [
        id,
        { id: 'Deployments-7', url: 'https://octopus.example.com/app#/Spaces-1/deployments/Deployments-7' },
      ]),
    );
    expect(evidence[1]?.url).toBe(
      'https://octopus.example.com/app#/configuration/audit?from=2026-02-22T00%3A00%3A00%2B00%3A00&to=2026-02-22T00%3A00%3A01%2B00%3A00',
    );
  });

  it('links to no deployment where there is none', () => {
    const evaluation = startEvaluation();
    evaluation.feed(...[0, 1, 2, 3, 4].map((index) => failedSignIn(`Events-${index}`, NIGHT + index * 60_000)));

    expect(reportOf(evaluation, 1).evidence.map((line) => 'deployment' in line)).toEqual(Array(5).fill(false));
  });

  it('lists the tenants of its events by name, each once, in place of the first one', () => {
    const evaluation = startEvaluation();
    evaluation.feed(
      ...['Bolt', 'Acme', 'Cobra', 'Acme', 'Delta', 'Eagle', 'Falcon'].map((tenant, index) =>
        forTenant(`Events-${index}`, NIGHT + index * 60_000, tenant),
      ),
    );

    const facts = reportOf(evaluation, 1).facts.filter((fact) => fact.label.startsWith('Tenant'));

    const values = ['Acme', 'Bolt', 'Cobra', 'Delta', 'Eagle', 'Falcon'];
    expect(facts).toEqual([{ label: 'Tenants', value: 'Acme, Bolt, Cobra, Delta, Eagle and 1 more', values }]);
  });

  it('names a single tenant as a plain fact', () => {
    const evaluation = startEvaluation();
    evaluation.feed(forTenant('Events-1', NIGHT, 'Acme'));

    expect(reportOf(evaluation, 1).facts).toContainEqual({ label: 'Tenant', value: 'Acme' });
  });
});

describe('what is usual', () => {
  it('counts what the same person did of the same kind in the thirty days before, and how much of it at such hours or from there', () => {
    const evaluation = startEvaluation({});
    evaluation.feed(
      queuedByAlice('Events-1', NIGHT - 40 * DAY, 1),
      queuedByAlice('Events-2', NIGHT - 5 * DAY + 12 * HOUR, 2),
      queuedByAlice('Events-3', NIGHT - 3 * DAY, 3),
      queuedByKey('Events-4', NIGHT - 2 * DAY, 4),
      started('Events-5', NIGHT - DAY, 5),
      queuedByAlice('Events-6', NIGHT, 6),
      queuedByAlice('Events-7', NIGHT + HOUR, 7),
    );
    const { finding_id: findingId } = evaluation.rows(
      "SELECT finding_id FROM finding_events WHERE event_id = 'Events-6'",
    )[0] as { finding_id: number };

    expect(reportOf(evaluation, findingId).usual).toBe(
      '2 DeploymentQueued by alice in the 30 days before: 1 outside business hours, 2 from 192.0.2.10.',
    );
  });

  it('says that it never happened before', () => {
    const evaluation = startEvaluation();
    evaluation.feed(queuedByAlice('Events-1', NIGHT, 1));

    expect(reportOf(evaluation, 1).usual).toBe('no other DeploymentQueued by alice is stored of the 30 days before.');
  });

  it('names the account of failed sign-ins as people know it', () => {
    const evaluation = startEvaluation();
    evaluation.feed(failedSignIn('Events-0', NIGHT - 2 * DAY));
    evaluation.feed(...[1, 2, 3, 4, 5].map((index) => failedSignIn(`Events-${index}`, NIGHT + index * 60_000)));

    expect(reportOf(evaluation, 1).usual).toBe(
      '1 LoginFailed for carol in the 30 days before: 1 outside business hours, 1 from 198.51.100.7.',
    );
  });

  it('says nothing while the time before has not been read, and in lists', () => {
    const evaluation = startEvaluation();
    evaluation.feed(queuedByAlice('Events-1', NIGHT, 1));
    expect(reportOf(evaluation, 1, true).usual).toBeUndefined();

    evaluation.store.backlog.add(1, 'first', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z');

    expect(reportOf(evaluation, 1).usual).toBeUndefined();
  });
});
