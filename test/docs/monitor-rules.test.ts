import { expect, it } from 'vitest';
import { conditionsInForce } from '../../src/detect/monitor-conditions.ts';
import { readText } from '../support/checkout.ts';

it('docs/alerts.md lists what the monitor finds about itself, with its level', () => {
  const listed = [...readText('docs/alerts.md').matchAll(/^\| `(monitor_\w+)` \| (\w+)/gm)].map((row) => row.slice(1));

  expect(listed.toSorted()).toEqual(
    conditionsInForce()
      .map(({ rule, level }) => [rule, level])
      .toSorted(),
  );
});
