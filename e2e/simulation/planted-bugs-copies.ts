/**
 * Planted bugs of tasks that run twice at a time: a second copy, or another process that speaks for the same node (rules S6, M1,
 * M2, L9).
 */
import { Claims } from '#server/gateway/claims.ts';
import { Assignments } from '#server/gcs/assignments.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const COPY_BUGS: readonly PlantedBug[] = [
  {
    name: 'withdrawn-copy-not-told',
    rule: 'S6',
    mistake: 'a node whose copy of a task is of no use any more is not told',
    plant: (seam) =>
      seam.replace(
        Assignments.prototype,
        'endSecond',
        (endSecond) =>
          function (this: Assignments, task) {
            endSecond.call(this, task, false);
          },
      ),
  },
  {
    name: 'late-hello-takes-place',
    rule: 'M1',
    mistake: 'a hello takes the place of a connection that lives, although nobody has answered over the new one',
    plant: (seam) =>
      seam.replace(Claims.prototype, 'add', () => (_link, takePlace) => {
        takePlace();
        return 0;
      }),
  },
];
