/**
 * Planted bugs of durable `main`s (rule J1).
 */
import { MainHistory } from '#shared/task/main-history.ts';
import { JobHistory } from '#server/gcs/job-history.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const MAIN_BUGS: readonly PlantedBug[] = [
  {
    name: 'main-calls-again',
    rule: 'J1',
    mistake: 'a main that runs again calls anew what an earlier run of it called',
    plant: (seam) =>
      seam.replace(
        MainHistory.prototype,
        'call',
        (call) =>
          function (this: MainHistory, name, digest) {
            call.call(this, name, digest);
            return undefined;
          },
      ),
  },
  {
    name: 'main-draws-again',
    rule: 'J1',
    mistake: 'what a main drew by chance is not what its next run is told',
    plant: (seam) =>
      seam.replace(
        MainHistory.prototype,
        'random',
        (random) =>
          function (this: MainHistory, live) {
            random.call(this, live);
            return live;
          },
      ),
  },
  {
    name: 'main-settles-at-once',
    rule: 'J1',
    mistake: 'how an operation of a main ended is not written into its history',
    plant: (seam) =>
      seam.replace(
        JobHistory.prototype,
        'add',
        (add) =>
          function (this: JobHistory, entry) {
            if (entry.kind !== 'settled' || entry.op % 3 > 0) add.call(this, entry);
          },
      ),
  },
];
