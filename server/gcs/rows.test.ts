import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, failed, finish, finishStored, put, submit } from './testing/records.ts';
import type { SessionRecord, TaskRecord } from './entities.ts';

/** One thing that can happen: its kind, and numbers from which it takes what it needs. */
const happening = fc.record({ kind: fc.nat(19), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) });
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Plays what a driver and three hosts may do, in any order; senseless things are part of it. */
class Play {
  readonly world = new GcsWorld();
  readonly driver: SessionRecord;
  readonly hosts: SessionRecord[];
  #numbers = new Map<number, number>();

  constructor() {
    this.driver = this.world.driver();
    this.hosts = [0, 1, 2].map(() => this.world.open({ cpuMilli: 2000 }));
    for (const session of [this.driver, ...this.hosts])
      this.world.say(session, ...definitions({ maxRetries: 1 }, { maxRestarts: 1 }));
  }

  #next(session: SessionRecord): number {
    const number = (this.#numbers.get(session.id) ?? 0) + 1;
    this.#numbers.set(session.id, number);
    return number;
  }

  #some<T>(items: Iterable<T>, index: number): T | undefined {
    const all = [...items];
    return all[index % Math.max(1, all.length)];
  }

  step(happening: Happening): void {
    const { tasks } = this.world.gcs.state;
    const running = this.#some(
      [...tasks.values()].filter((task) => task.assigned !== 0),
      happening.a,
    );
    const runner = running && this.world.gcs.state.sessions.get(running.assigned);
    if (happening.kind < 4) this.#driverActs(happening);
    else if (happening.kind < 13 && running && runner) this.#runnerActs(happening, running, runner);
    else if (happening.kind >= 13) this.#othersAct(happening, running);
  }

  #inputs({ b, c }: Happening): { deps: number[]; nested: number[] } {
    const all = [...this.world.gcs.state.objects.values()];
    const object = this.#some(all, b);
    // Only what is put, and contains nothing: values cannot refer to each other in a circle.
    const inner = this.#some(
      all.filter((each) => each.maker >= 0 && each.nested.length === 0),
      b,
    );
    return {
      deps: object && c % 2 === 0 ? [object.key] : [],
      nested: inner && c % 3 === 0 ? [inner.key] : [],
    };
  }

  #driverActs(happening: Happening): void {
    const { kind, a, b, c } = happening;
    const { world, driver } = this;
    const inputs = this.#inputs(happening);
    const call = { ...inputs, place: a % 2, args: Uint8Array.of(b % 4), k: 0 };
    const object = this.#some(world.gcs.state.objects.values(), b)?.key;
    const actor = this.#some(world.gcs.state.actors.values(), c);
    if (kind < 2) world.say(driver, submit(driver.id, this.#next(driver), call));
    else if (kind === 2 && object !== undefined)
      world.say(driver, { kind: (['release', 'hold'] as const)[a % 2] ?? 'hold', object, holder: 0 });
    else if (kind === 3 && actor && b % 2)
      world.say(
        driver,
        submit(driver.id, this.#next(driver), { actor: actor.key, fn: 2, deps: inputs.deps, place: PLACE.global }),
      );
    else if (kind === 3)
      world.say(driver, submit(driver.id, this.#next(driver), { fn: 1, options: 1, deps: inputs.deps }));
  }

  #runnerActs(happening: Happening, running: TaskRecord, runner: SessionRecord): void {
    const { kind, a, b, c } = happening;
    const { world } = this;
    const { deps, nested } = this.#inputs(happening);
    const args = Uint8Array.of(b % 4);
    if (kind < 7) {
      const place = running.replayed ? PLACE.ask : b % 2;
      const child = { parent: running.key, deps, nested, place, args, k: 0 };
      world.say(runner, submit(runner.id, this.#next(runner), child));
    } else if (kind === 7) {
      const value = c % 2 ? { value: args } : {};
      world.say(runner, put(runner.id, this.#next(runner), { parent: running.key, digest: args, ...value }));
    } else if (kind < 12) {
      const result = { attempt: running.attempt, nested, outcome: b % 5 === 1 ? 1 : 0 };
      world.say(runner, (b % 2 ? finish : finishStored)(running.key, result));
    } else {
      world.say(runner, failed(running.key, { attempt: running.attempt, retriedHere: a % 4 === 0, reason: b % 3 }));
    }
  }

  #hostTells(kind: number, host: SessionRecord, object: number, { b, c }: Happening): void {
    if (kind === 18) {
      const said = b % 2 === 0 ? 'digest' : 'found';
      this.world.say(host, { kind: said, object, sizeBytes: 1_000_000, digest: new Uint8Array(16).fill(c % 2) });
    } else {
      this.world.gcs.sessions.setCapacity(host, { cpuMilli: 1000 * (b % 3), resources: [] });
      this.world.gcs.settle();
    }
  }

  #othersAct(happening: Happening, running: TaskRecord | undefined): void {
    const { kind, a, b, c } = happening;
    const { world, driver } = this;
    const object = this.#some(world.gcs.state.objects.values(), b)?.key;
    const actor = this.#some(world.gcs.state.actors.values(), c);
    const host = this.#some(
      this.hosts.filter(({ state }) => state !== 'dead'),
      a,
    );
    if (kind === 13 && object !== undefined) {
      world.say(a % 2 === 0 ? driver : (host ?? driver), { kind: 'want', object });
    } else if (kind === 14 && running) {
      world.say(driver, { kind: 'cancel', task: running.key, recursive: b % 2 === 0, force: false });
    } else if (kind === 15 && actor) {
      world.say(driver, { kind: 'killActor', actor: actor.key, noRestart: b % 2 === 0 });
    } else if (kind === 16 && object !== undefined && host) {
      world.say(host, { kind: 'located', object, present: b % 2 === 0, sizeBytes: 10 });
    } else if (kind > 17 && host) {
      this.#hostTells(kind, host, object ?? 1, happening);
    } else if (kind === 17 && host && c % 5 === 0) {
      world.gcs.sessions.end(host, 'left');
      world.gcs.settle();
    }
  }
}

describe('rows', () => {
  it('G2 whatever happens, what was committed step by step is what the tables hold, and loads as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 1, maxLength: 120, size: 'max' }),
        fc.nat(7),
        async (happenings, rhythm) => {
          const play = new Play();
          let index = 0;
          for (const each of happenings) {
            play.step(each);
            index += 1;
            if (index % (rhythm + 1) === 0) await play.world.commit();
          }
          await play.world.commit();
          const committed = play.world.rows();
          expect(committed).toEqual(await play.world.freshRows());
          await play.world.restart();
          expect(await play.world.freshRows()).toEqual(committed);
          for (const { functions, finished } of play.world.gcs.state.jobs.values()) {
            let counted = 0;
            for (const { succeeded, failed, cancelled } of functions.values())
              counted += succeeded + failed + cancelled;
            expect(counted).toBe(finished);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('G2 J3 whatever happened, the end of the driver leaves no task, no actor and no object of its', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 1, maxLength: 150, size: 'max' }),
        fc.boolean(),
        async (happenings, restart) => {
          const play = new Play();
          const { world } = play;
          for (const each of happenings) play.step(each);
          let { driver } = play;
          if (restart) {
            await world.commit();
            await world.restart();
            for (const host of play.hosts) if (world.session(host.id).state !== 'dead') world.back(host.id);
            driver = world.back(driver.id);
            world.pass(1);
          }
          for (const host of play.hosts)
            if (world.session(host.id).state !== 'dead') world.gcs.sessions.end(world.session(host.id), 'left');
          world.gcs.sessions.end(driver, 'left');
          world.gcs.settle();
          const { tasks, objects, actors, jobs } = world.gcs.state;
          expect([
            [...tasks.keys()],
            [...objects.values()].map(({ key, status, lineageRefs }) => [key, status, lineageRefs]),
            actors.size,
          ]).toEqual([[], [], 0]);
          const [job] = jobs.values();
          expect(job?.unfinished.size).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('writes nothing for a task that came and went between two commits', async () => {
    const world = new GcsWorld();
    const driver = world.driver();
    world.say(driver, ...definitions());
    await world.commit();
    const key = objectKey(driver.id, 1);
    world.say(driver, submit(driver.id, 1, { place: PLACE.here }), finish(key), {
      kind: 'release',
      object: key,
      holder: 0,
    });
    expect(world.gcs.state.dirty.objects.size).toBe(0);
  });
});
