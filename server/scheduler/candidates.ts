/**
 * The nodes weighed for one task (rule S2): those with the least work before it, the holders of its inputs, two at
 * random; at most sixteen, however many are open.
 */
import type { Random } from '#shared/ports/random.ts';
import { expectedRunUs } from '#shared/scheduling/fair-shares.ts';
import type { Candidate } from '#shared/scheduling/waiting-time.ts';
import type { TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import type { Seat } from './node-class.ts';
import type { NodeIndex } from './node-index.ts';
import type { SeatLevels } from './seat-levels.ts';

const MAX_CANDIDATES = 16;
const BEST = 6;
const MAX_HOLDERS = 8;
const AT_RANDOM = 2;
/** Holders of one input that are looked at; a value that everybody uses has thousands. */
const MAX_HOLDERS_SEEN = 32;
/** Until links are measured. */
const ASSUMED_BYTES_PER_SECOND = 100e6;
/** Getting a module to a node that has not run it. */
const CODE_START_US = 20_000;

/** Seats, each once, of nodes with room. */
export function candidateSeats(
  task: TaskRecord,
  room: SeatLevels,
  index: NodeIndex,
  state: GcsState,
  random: Random,
): Seat[] {
  const seats: Seat[] = [];
  let best = MAX_CANDIDATES;
  if (room.size > MAX_CANDIDATES) {
    addHolders(task, room, index, state, seats);
    for (let count = 0; count < AT_RANDOM; count++) addOnce(seats, room.at(Math.floor(random.next() * room.size)));
    best = BEST;
  }
  room.best(best, (seat) => addOnce(seats, seat));
  return seats;
}

function addHolders(task: TaskRecord, room: SeatLevels, index: NodeIndex, state: GcsState, seats: Seat[]): void {
  for (const key of task.deps) {
    let seen = 0;
    for (const session of state.object(key)?.locations ?? []) {
      if (seats.length >= MAX_HOLDERS) return;
      seen += 1;
      if (seen > MAX_HOLDERS_SEEN) break;
      addOnce(
        seats,
        index.get(session)?.seats.find(({ among }) => among === room),
      );
    }
  }
}

function addOnce(seats: Seat[], seat: Seat | undefined): void {
  if (seat && !seats.includes(seat)) seats.push(seat);
}

/** A seat with the terms of its estimate. */
export function candidateOf({ view, slots }: Seat, task: TaskRecord, state: GcsState): Candidate {
  const { session } = view;
  let missingBytes = 0;
  for (const key of task.deps) {
    const object = state.object(key);
    if (object?.status === 'stored' && !session.copies.has(object.key)) missingBytes += object.sizeBytes;
  }
  return {
    session: session.id,
    queuedUs: view.waitUs * view.slowness * slots,
    slots,
    missingBytes,
    bytesPerSecond: ASSUMED_BYTES_PER_SECOND,
    startUs: view.warm.has(task.fn.module) ? 0 : CODE_START_US,
    slowerUs: Math.max(0, (view.slowness - 1) * expectedRunUs(task.fn)),
  };
}
