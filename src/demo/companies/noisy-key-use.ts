import { loginSucceeded } from '../account-events.ts';
import { type Actor, apiKeyActor } from '../actors.ts';
import { type Chronicle, withKey } from '../chronicle.ts';
import { documentModified } from '../document-events.ts';
import { PEOPLE, PROJECTS } from '../story-cast.ts';
import type { Times } from './company.ts';
import { JOBS, type NoisyKeys } from './noisy-keys.ts';

/** Keys used from where, when and by what they are not used. */
export function tellNoisyKeyUse(chronicle: Chronicle, keys: NoisyKeys, { workday }: Times): void {
  const { labels } = PROJECTS;
  const touch = (atMs: number, actor: Actor) =>
    chronicle.note(atMs, (id) =>
      documentModified({
        id,
        at: atMs,
        actor,
        documentType: 'Project',
        document: { id: labels.id, name: labels.name },
        spaceId: labels.spaceId,
        differences: [{ path: '/Description', op: 'replace', value: 'labels' }],
      }),
    );
  const courier = withKey(JOBS.courier, keys.courier);
  const watch = withKey(JOBS.watch, keys.unregistered);

  // What is normal for them, learned in the first fortnight.
  for (const day of [62, 60, 58]) {
    touch(workday(day, 12), courier);
    touch(workday(day, 12, 10), watch);
  }
  touch(workday(59, 12), withKey(PEOPLE.devika, keys.personal));
  touch(workday(58, 13), withKey(PEOPLE.devika, keys.personal, true));

  touch(workday(31, 12), apiKeyActor(JOBS.courier, keys.courier, '2001:db8:bad::9'));
  const { between, development } = labels.stages;
  chronicle.deploy({ atMs: workday(28, 12), actor: courier, project: labels, stage: between ?? development });
  touch(workday(26, 22, 10), courier);
  touch(workday(22, 12), apiKeyActor(JOBS.courier, keys.courier, courier.ipAddress ?? '', 'curl/8.7.1'));
  touch(workday(19, 12), apiKeyActor(JOBS.watch, keys.unregistered, '2001:db8:77::4'));
  const travelMs = workday(16, 9, 30);
  chronicle.note(travelMs, (id) =>
    loginSucceeded({ id, at: travelMs, user: PEOPLE.bjorn, ipAddress: '2001:db8:1016::3' }),
  );
}
