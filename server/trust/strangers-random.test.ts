import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, failed, finish, put, submit, VALUE } from '../gcs/testing/records.ts';

const NO_BYTES = new Uint8Array(0);
const SECRET = Uint8Array.of(115, 101, 99, 114, 101, 116);
const DIGEST = new Uint8Array(16);
const SIZE = 1_000_000;

/** A record of any kind: which, and numbers from which it takes what it names. */
const spoken = fc.record({ kind: fc.nat(18), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) });
type Spoken = typeof spoken extends fc.Arbitrary<infer T> ? T : never;

/** A stranger with tasks of one job, and another job that has something of everything and trusts strangers too. */
class Play {
  readonly world = new GcsWorld();
  readonly tab: SessionRecord;
  readonly other: SessionRecord;
  readonly host: SessionRecord;
  /** Every name there is, the stranger's own, and some of nobody. */
  readonly keys: number[];

  constructor() {
    const { world } = this;
    this.host = world.open({ cpuMilli: 100_000 });
    this.other = world.driver();
    const driver = world.driver();
    const theirs = (number: number): number => objectKey(this.other.id, number);
    world.say(this.other, ...definitions({ trust: 'unchecked' }, { maxRestarts: 1, name: 'board' }));
    world.say(
      this.other,
      put(this.other.id, 1, { value: SECRET }),
      put(this.other.id, 2, { nested: [theirs(1)] }),
      submit(this.other.id, 3, { deps: [theirs(1)] }),
      submit(this.other.id, 4, { fn: 1, options: 1 }),
      submit(this.other.id, 5),
      submit(this.other.id, 6, { nested: [theirs(2)], deps: [theirs(5)] }),
    );
    world.say(this.host, finish(theirs(4)), finish(theirs(3), { value: NO_BYTES, sizeBytes: 5000 }));
    world.say(this.other, submit(this.other.id, 7, { actor: theirs(4), fn: 2 }));
    this.tab = world.stranger({ cpuMilli: 100_000 });
    world.gcs.sessions.setCapacity(this.host, { cpuMilli: 0, resources: [] });
    world.say(driver, ...definitions({ trust: 'unchecked' }), put(driver.id, 1));
    world.say(driver, ...[2, 3, 4].map((number) => submit(driver.id, number, { deps: [objectKey(driver.id, 1)] })));
    world.say(this.tab, ...definitions({ trust: 'unchecked' }));
    this.keys = [
      ...world.gcs.state.objects.keys(),
      ...Array.from({ length: 12 }, (_, index) => objectKey(this.tab.id, index + 1)),
      theirs(50),
      objectKey(driver.id, 50),
      objectKey(99, 1),
      0,
    ];
  }

  /** All there is to see of the other job, of its driver and of the trusted host. */
  otherJob(): string {
    const { sessions, jobs, tasks, objects, actors } = this.world.gcs.state;
    const theirs = <T extends { readonly key: number }>(table: { values(): Iterable<T> }): T[] =>
      [...table.values()].filter(({ key }) => sessionOfKey(key) === this.other.id);
    const lives = [this.other.id, this.host.id].map((id) => {
      const session = sessions.get(id);
      return (
        session && [session.state, session.received, session.assigned, session.copies, [...session.holdings.keys()]]
      );
    });
    const rows = [theirs(objects), theirs(tasks), theirs(actors), jobs.get(this.other.job?.id ?? 0)];
    return rows.map((row) => shown(row)).join('\n') + shown(lives);
  }

  record({ kind, a, b, c }: Spoken): NodeRecord {
    const key = this.keys[a % this.keys.length] ?? 0;
    const parent = this.keys[b % this.keys.length] ?? 0;
    const nested = c % 3 === 0 ? [] : [this.keys[c % this.keys.length] ?? 0];
    const attempt = 1 + (b % 2);
    const value = c % 2 === 0 ? VALUE : NO_BYTES;
    const holder = c % 2 === 0 ? 0 : parent;
    const call = { parent, fn: c % 3, options: c % 2, actor: c % 5 === 0 ? key : 0, deps: nested, place: b % 3 };
    const submission: NodeRecord = { ...submit(1, 1, call), task: key };
    const end: NodeRecord = finish(key, { attempt, nested, value, outcome: c % 2 });
    const records: readonly NodeRecord[] = [
      submission,
      submission,
      { ...put(1, 1, { parent, nested, value, digest: DIGEST }), object: key },
      end,
      end,
      failed(key, { attempt, retriedHere: c % 4 === 0, reason: c % 8 }),
      { kind: 'want', object: key },
      { kind: 'hold', object: key, holder },
      { kind: 'release', object: key, holder },
      { kind: 'located', object: key, present: c % 2 === 0, sizeBytes: c },
      { kind: 'digest', object: key, sizeBytes: SIZE, digest: DIGEST },
      { kind: 'found', object: key, sizeBytes: SIZE, digest: DIGEST },
      { kind: 'cancel', task: key, recursive: c % 2 === 0, force: b % 2 === 0 },
      { kind: 'killActor', actor: key, noRestart: c % 2 === 0 },
      { kind: 'actorDown', actor: key, incarnation: 1, reason: c % 8, message: '' },
      { kind: 'spill', task: key },
      { kind: 'jobFinished', outcome: c % 2, value: VALUE },
      { kind: 'jobInfo', submitter: 'x', purpose: 'y' },
      { kind: 'succeeded' },
    ];
    return records[kind % records.length] ?? submission;
  }

  say(record: NodeRecord): void {
    try {
      this.world.say(this.tab, record);
    } catch (error) {
      // Records that no honest node writes are refused so.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** As text, in which a record of another table stands as its name: it is compared where it belongs. */
function shown(rows: unknown): string {
  const depth = new Map<unknown, number>();
  return JSON.stringify(rows, function (this: unknown, _name: string, value: unknown) {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) return [...value].join(' ');
    const level = (depth.get(this) ?? 0) + (Array.isArray(value) || value instanceof Set ? 0 : 1);
    const plain: object = value instanceof Set ? [...value] : value;
    depth.set(plain, level);
    if (level < 2) return plain;
    return 'key' in value ? value.key : 'id' in value ? value.id : 'index' in value ? value.index : '';
  });
}

describe('strangers at random', () => {
  it('T3 T2 whatever the node of a stranger says, another job stays as it is and nothing of it is told', () => {
    fc.assert(
      fc.property(fc.array(spoken, { minLength: 1, maxLength: 60, size: 'max' }), (all) => {
        const play = new Play();
        const { world, tab } = play;
        const before = play.otherJob();
        expect(world.to(tab, 'lease').length).toBe(3);
        const from = world.commands.length;
        for (const each of all) {
          const record = play.record(each);
          play.say(record);
          expect([record, play.otherJob()]).toEqual([record, before]);
        }
        for (const { session, command } of world.commands.slice(from)) {
          expect([play.other.id, play.host.id]).not.toContain(session);
          if (session === tab.id && command.kind === 'object') expect(command.value).not.toEqual(SECRET);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('T2 restarted at any moment, the server gives the claims of a stranger no more than the books do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(spoken, { maxLength: 20 }),
        fc.array(fc.nat(1000), { maxLength: 12 }),
        async (all, claims) => {
          const play = new Play();
          const { world } = play;
          for (const each of all) play.say(play.record(each));
          await world.commit();
          await world.restart();
          const key = (number: number): number => play.keys[number % play.keys.length] ?? 0;
          const theirs = [...world.gcs.state.objects.keys()].filter((each) => sessionOfKey(each) === play.other.id);
          world.back(play.tab.id, {
            leases: claims.map((number) => ({ task: key(number), attempt: 1 })),
            copies: claims.map((number) => ({ object: key(number), sizeBytes: SIZE })),
            wants: claims.map(key),
          });
          for (const each of theirs) {
            expect([...(world.gcs.state.objects.get(each)?.locations ?? [])]).toEqual([]);
            expect(world.gcs.state.tasks.get(each)?.assigned ?? 0).not.toBe(play.tab.id);
          }
          for (const command of world.to(play.tab.id, 'object')) expect(command.value).not.toEqual(SECRET);
        },
      ),
      { numRuns: 100 },
    );
  });
});
