// What actors are promised: calls side by side, calls that go on with the next life when a machine goes, ends in good time. The
// test kills the host when `notes` says where the actor lives, and looks into `notes` for what was done in which order.

import { context, get, getActor, remote } from 'daylight';
import { note } from './files.ts';
import { outcomeOf } from './scenarios.ts';

interface Args {
  notes: string;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Async {
  #running = 0;
  #most = 0;
  async visit(x: number): Promise<{ x: number; isMine: boolean }> {
    const { taskId } = context();
    this.#running += 1;
    this.#most = Math.max(this.#most, this.#running);
    await pause(20);
    this.#running -= 1;
    return { x, isMine: context().taskId === taskId };
  }
  most(): number {
    return this.#most;
  }
}
export const RemoteAsync = remote(Async);

class Patient {
  readonly #order: number[] = [];
  async visit(notes: string, x: number): Promise<number> {
    await note(notes, `${context().node} has ${x}, attempt ${context().attempt}`);
    await pause(40);
    this.#order.push(x);
    return x * x;
  }
  order(): number[] {
    return this.#order;
  }
}
export const RemotePatient = remote(Patient);

class Tidy {
  #notes: string;
  constructor(notes: string) {
    this.#notes = notes;
  }
  leave(): string {
    context().exitActor();
    return 'left';
  }
  ping(): string {
    return 'pong';
  }
  async onStop(): Promise<void> {
    await note(this.#notes, 'tidied up');
  }
}
export const RemoteTidy = remote(Tidy);

/** Ends before its actor's call is over: the caller has the answer all the same. */
export const handsOn = remote(() => {
  const actor = RemoteAsync.remote();
  return { ref: actor.visit.remote(7) };
});
export const callsByName = remote(async () =>
  get((await getActor<Async>('board', { namespace: 'e2e' })).most.remote()),
);

export default async function main({ notes }: Args): Promise<unknown> {
  const wide = RemoteAsync.options({ maxConcurrency: 4, name: 'board', namespace: 'e2e', getIfExists: true }).remote();
  const same = RemoteAsync.options({ name: 'board', namespace: 'e2e', getIfExists: true }).remote();
  const visits = await get(Array.from({ length: 12 }, (_, x) => wide.visit.remote(x)));
  const most = await get(same.most.remote());

  const tidy = RemoteTidy.remote(notes);
  const left = await get(tidy.leave.remote());
  const afterwards = await outcomeOf(() => get(tidy.ping.remote()));

  const { ref } = await get(handsOn.remote());
  const handedOn = await get(ref);
  const byName = await get(callsByName.remote());

  const patient = RemotePatient.options({ maxRestarts: Infinity, maxTaskRetries: Infinity }).remote();
  const squares = await get(Array.from({ length: 40 }, (_, x) => patient.visit.remote(notes, x)));
  const order = await get(patient.order.remote());
  return { visits, most, left, afterwards, handedOn, byName, squares, order };
}
