// Tasks and an actor that say where they are to run; `hold` keeps them there until a file comes.

import { context, get, remote } from 'daylight';
import { untilFile } from './files.ts';

interface Args {
  part: 'labels' | 'spread' | 'pinned';
  /** A node, by its number. */
  node?: string;
  go?: string;
}

export const where = remote((_: number) => context().node);
export const hold = remote(async (go: string) => {
  await untilFile(go);
  return context().node;
});

class Board {
  where(): string {
    return context().node;
  }
}
export const RemoteBoard = remote(Board);

async function failureOf(work: Promise<unknown>): Promise<{ name: string; message: string }> {
  try {
    return { name: 'none', message: String(await work) };
  } catch (error) {
    return error instanceof Error ? { name: error.name, message: error.message } : { name: 'unknown', message: '' };
  }
}

export default async function main({ part, node = '', go = '' }: Args): Promise<unknown> {
  switch (part) {
    case 'labels': {
      const inB = where.options({ labels: { zone: 'b' } });
      const notA = where.options({ labels: { zone: { not: 'a' }, role: 'host' } });
      const board = RemoteBoard.options({ labels: { zone: ['b', 'c'] } }).remote();
      return get([...[1, 2, 3].map((x) => inB.remote(x)), notA.remote(4), board.where.remote()]);
    }
    case 'spread':
      return get(Array.from({ length: 6 }, (_, x) => where.options({ schedulingStrategy: 'SPREAD' }).remote(x)));
    case 'pinned': {
      // Its host is killed meanwhile: the one falls back, the other cannot.
      const [soft, hard] = [true, false].map((isSoft) =>
        hold.options({ numCpus: 0.5, schedulingStrategy: { node, soft: isSoft } }).remote(go),
      );
      return { soft: soft && (await get(soft)), hard: hard && (await failureOf(get(hard))) };
    }
  }
}
