/**
 * Bugs that the simulator must find: realistic mistakes, one of which is made for the time of a run. A rule that no planted
 * bug breaks is one of which nobody knows whether the simulator looks at it.
 */
import { ACTOR_BUGS } from './planted-bugs-actors.ts';
import { COPY_BUGS } from './planted-bugs-copies.ts';
import { MAIN_BUGS } from './planted-bugs-mains.ts';
import { MEMBERSHIP_BUGS } from './planted-bugs-membership.ts';
import { OBJECT_BUGS } from './planted-bugs-objects.ts';
import { STREAM_BUGS } from './planted-bugs-streams.ts';
import { TASK_BUGS } from './planted-bugs-tasks.ts';
import { TRANSFER_BUGS } from './planted-bugs-transfers.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

/** All of them. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...STREAM_BUGS,
  ...TASK_BUGS,
  ...COPY_BUGS,
  ...ACTOR_BUGS,
  ...MAIN_BUGS,
  ...OBJECT_BUGS,
  ...TRANSFER_BUGS,
  ...MEMBERSHIP_BUGS,
];

/** The one of that name. */
export function plantedBug(name: string): PlantedBug | undefined {
  return PLANTED_BUGS.find((bug) => bug.name === name);
}
