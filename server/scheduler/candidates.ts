/**
 * The nodes weighed for one task (rule S2): those with the least work before it, the holders of its inputs, two at
 * random; at most sixteen, however many are open.
 */
import type { Random } from '#shared/ports/random.ts';
import type { Candidate } from '#shared/scheduling/waiting-time.ts';
import type { Heap } from '#shared/scheduling/heap.ts';
import type { TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import { freshen, type Seat } from './node-class.ts';
import type { NodeIndex } from './node-index.ts';

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
  room: Heap<Seat>,
  index: NodeIndex,
  state: GcsState,
  random: Random,
): Seat[] {
  const seats: Seat[] = [];
  freshen(room);
  let best = MAX_CANDIDATES;
  if (room.size > MAX_CANDIDATES) {
    addHolders(task, room, index, state, seats);
    for (let count = 0; count < AT_RANDOM; count++) addOnce(seats, room.at(Math.floor(random.next() * room.size)));
    best = BEST;
  }
  // A heap has the least first, and roughly in order.
  for (let place = 0; place < best && place < room.size; place++) addOnce(seats, room.at(place));
  return seats;
}

function addHolders(task: TaskRecord, room: Heap<Seat>, index: NodeIndex, state: GcsState, seats: Seat[]): void {
  for (const key of task.deps) {
    let seen = 0;
    for (const session of state.object(key)?.locations ?? []) {
      if (seats.length >= MAX_HOLDERS) return;
      seen += 1;
      if (seen > MAX_HOLDERS_SEEN) break;
      addOnce(
        seats,
        index.get(session)?.seats.find(({ heap }) => heap === room),
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
    queuedUs: view.waitUs * slots,
    slots,
    missingBytes,
    bytesPerSecond: ASSUMED_BYTES_PER_SECOND,
    startUs: view.warm.has(task.fn.module) ? 0 : CODE_START_US,
  };
}
