// What must survive the death of a host: running tasks, an actor that may restart, and objects that lay there alone. The test
// kills the host when `notes` says so and lets the job go on by making the file `go`.

import type { ObjectRef } from 'daylight';
import { context, get, put, remote, wait } from 'daylight';
import { note, spin, untilFile } from './files.ts';
import { outcomeOf } from './scenarios.ts';

interface Args {
  notes: string;
  go: string;
  /** A resource that only the hosts of this part have. */
  home: string;
  tasks?: number;
}

/** A task that takes a while, and says where it runs. */
export const work = remote(async (notes: string, x: number) => {
  await note(notes, `${context().node} starts ${x}`);
  spin(60);
  return x * x;
});

class Tally {
  #calls = 0;
  where(): { node: string; calls: number } {
    this.#calls += 1;
    return { node: context().node, calls: this.#calls };
  }
}
export const RemoteTally = remote(Tally);

interface Made {
  small: ObjectRef<Float32Array>;
  large: ObjectRef<Float32Array>;
  node: string;
}
/** Weights that lie on this host alone: 400 KB, and 4 MB (a put of that size is another object in each attempt). */
export const makeWeights = remote(async (notes: string, seed: number): Promise<Made> => {
  await note(notes, `made on ${context().node}`);
  const weights = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => (i * seed) % 251);
  return { small: put(weights(100_000)), large: put(weights(1_000_000)), node: context().node };
});
export const returnWeights = remote((length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => (i * seed) % 251),
);
export const sumUp = remote((weights: Float32Array) => ({
  sum: weights.reduce((a, b) => a + b, 0),
  node: context().node,
}));

async function runTasks({ notes, home, tasks = 60 }: Args) {
  const here = work.options({ resources: { [home]: 0.1 } });
  return get(Array.from({ length: tasks }, (_, x) => here.remote(notes, x)));
}

async function restartActor({ notes, go, home }: Args) {
  const tally = RemoteTally.options({ resources: { [home]: 1 }, maxRestarts: 2 }).remote();
  await get(tally.where.remote());
  const first = await get(tally.where.remote());
  await note(notes, `actor on ${first.node}`);
  await untilFile(go);
  const errors: string[] = [];
  for (;;) {
    try {
      const second = await get(tally.where.remote());
      if (second.node !== first.node) return { first, second, errors: [...new Set(errors)] };
    } catch (error) {
      errors.push((error as Error).name);
      if ((error as Error).name === 'ActorDiedError') throw error;
    }
  }
}

async function rebuildWeights({ notes, go, home }: Args) {
  const resources = { [home]: 1 };
  const sumUpHere = sumUp.options({ resources });
  const made = await get(makeWeights.options({ resources }).remote(notes, 7));
  const returned = returnWeights.options({ resources }).remote(1_000_000, 7);
  await wait([returned]);
  await note(notes, `weights on ${made.node}`);
  await untilFile(go);
  return {
    first: made.node,
    small: await get(sumUpHere.remote(made.small)),
    returned: await get(sumUpHere.remote(returned)),
    large: await outcomeOf(() => get(sumUpHere.remote(made.large))),
  };
}

const parts = { runTasks, restartActor, rebuildWeights };

/** Runs one of the parts. */
export default async function main({ part, ...args }: Args & { part: keyof typeof parts }) {
  return parts[part](args);
}
