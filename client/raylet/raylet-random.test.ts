/** Random workloads: whatever happened, once all is done nothing is left and every CPU is free. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeError } from '#shared/errors/error-record.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { FakeNode, FN } from './testing/fake-node.ts';

const ERROR = encodeError(new RangeError('random'));

interface Step {
  readonly act:
    | 'submit'
    | 'child'
    | 'actor'
    | 'call'
    | 'block'
    | 'driverBlock'
    | 'finish'
    | 'throw'
    | 'store'
    | 'crash'
    | 'cancel'
    | 'tick'
    | 'put'
    | 'tell'
    | 'fetch'
    | 'kill'
    | 'lease'
    | 'release'
    | 'peers';
  readonly a: number;
  readonly b: number;
}

const ACTS: Step['act'][] = [
  'submit',
  'submit',
  'child',
  'child',
  'actor',
  'call',
  'call',
  'block',
  'block',
  'driverBlock',
  'finish',
  'finish',
  'finish',
  'throw',
  'store',
  'crash',
  'cancel',
  'tick',
  'put',
  'tell',
  'fetch',
  'kill',
  'lease',
  'release',
  'peers',
];
const step = fc.record({ act: fc.constantFrom(...ACTS), a: fc.nat(1000), b: fc.nat(1000) });

/**
 * One run of steps on a node; keeps the books that a driver and a server would keep. Tasks that wait for one another in
 * a circle give up in time.
 */
class RandomRun {
  readonly node: FakeNode;
  readonly held: number[] = [];
  readonly foreign: number[] = [];
  readonly actors: number[] = [];
  #nextForeign = 1;

  constructor(cpus: number, queueAhead: boolean) {
    this.node = new FakeNode({ cpus, queueAhead, recording: true });
    this.node.options({ retryExceptions: true, maxRetries: 1 });
    // Enough runs for the function to be known as short.
    for (let n = 0; n < 10; n++) {
      const task = this.node.submit();
      this.node.settle();
      this.node.finish(task);
      this.held.push(task);
    }
  }

  running(): number[] {
    return this.node
      .hosts()
      .flatMap(({ live, stopped }) =>
        stopped ? [] : [...live].filter(([, blocks]) => blocks.size === 0).map(([task]) => task),
      );
  }

  inputs(a: number, b: number): number[] {
    if (a % 3 === 0) return [];
    if (a % 3 === 1 && this.held.length > 0) return [this.held[b % this.held.length] ?? 0];
    const key = objectKey(9, this.#nextForeign++);
    this.foreign.push(key);
    return [key, ...this.held.slice(0, b % 3)];
  }

  do(step: Step): void {
    if (!this.#make(step) && !this.#run(step)) this.#disturb(step);
    this.node.settle();
  }

  /** Something that a program makes; false for other steps. */
  #make({ act, a, b }: Step): boolean {
    const { node, held, actors } = this;
    const task = this.#pick(this.running(), a);
    const actor = this.#pick(actors, a);
    if (act === 'submit') held.push(node.submit({ deps: this.inputs(a, b), options: b % 2 }));
    else if (act === 'put') held.push(node.put(a % 2 === 0 ? new ArrayBuffer(2000) : undefined));
    else if (act === 'actor') {
      const made = node.submit({ fn: FN.actor, deps: this.inputs(a, b) });
      actors.push(made);
      held.push(made);
    } else if (act === 'call' && actor !== undefined) held.push(node.submit({ actor, deps: this.inputs(b, a) }));
    else if (act === 'child' && task !== undefined) {
      const child = node.submit({ from: node.runner(task), parent: task, deps: this.inputs(b, a) });
      if (b % 2 === 0) node.block(task, [child], { timeoutMs: 200 });
    } else return false;
    return true;
  }

  /** Something that a running task or the driver does next; false for other steps. */
  #run({ act, a, b }: Step): boolean {
    const { node } = this;
    const task = this.#pick(this.running(), a);
    const object = this.#pick(this.held, a);
    if (act === 'driverBlock' && object !== undefined) node.block(0, [object]);
    else if (act === 'release') this.release(a);
    else if (act === 'cancel' && object !== undefined)
      node.say(node.driver, { kind: 'cancel', task: object, recursive: b % 2 === 0, force: b % 3 === 0 });
    else if (task === undefined) return false;
    else if (act === 'block')
      node.block(task, this.inputs(1 + (b % 2), a), { timeoutMs: a % 2 === 0 ? 500 : 50, fetch: b % 3 > 0 });
    else if (act === 'finish') node.finish(task);
    else if (act === 'throw') node.finish(task, { outcome: OUTCOME.error, value: ERROR });
    else if (act === 'store') node.finish(task, { memory: new ArrayBuffer(2000) });
    else return false;
    return true;
  }

  /** Something from outside. */
  #disturb({ act, a, b }: Step): void {
    const { node } = this;
    const actor = this.#pick(this.actors, a);
    if (act === 'crash') this.crash(a);
    else if (act === 'lease') node.lease({ task: objectKey(9, this.#nextForeign++), deps: this.inputs(b, a) });
    else if (act === 'kill' && actor !== undefined) node.command({ kind: 'killActor', actor, incarnation: 1 });
    else if (act === 'tell') this.tell(a);
    else if (act === 'fetch') node.fetches.shift()?.done(b % 3 === 0 ? undefined : new ArrayBuffer(2000));
    else if (act === 'peers') node.command({ kind: 'peers', nodes: a % 2 });
    else if (act === 'tick') node.tick(a);
  }

  #pick(list: readonly number[], place: number): number | undefined {
    return list[place % Math.max(1, list.length)];
  }

  crash(a: number): void {
    const hosts = this.node.hosts();
    const worker = hosts[a % Math.max(1, hosts.length)];
    if (worker) this.node.crash(worker);
  }

  release(a: number): void {
    const [object] = this.held.splice(a % Math.max(1, this.held.length), 1);
    if (object !== undefined) this.node.say(this.node.driver, { kind: 'release', object, holder: 0 });
  }

  /** The server's word on something this node waits for. */
  tell(a: number): void {
    const wants = this.node.raylet.report().wants;
    const object = wants[a % Math.max(1, wants.length)];
    if (object !== undefined)
      this.node.describe(object, [OBJECT_STATUS.inline, OBJECT_STATUS.stored, OBJECT_STATUS.error][a % 3], 2000);
  }

  /** Lets everything come to its end. */
  end(): void {
    const { node } = this;
    for (
      let round = 0;
      round < 2_000 &&
      (node.raylet.tableSizes().tasks > 0 || node.fetches.length > 0 || node.raylet.report().wants.length > 0);
      round++
    ) {
      node.settle();
      for (const want of node.raylet.report().wants) node.describe(want);
      for (const { done } of node.fetches.splice(0)) done(new ArrayBuffer(2000));
      for (const task of this.running()) if (node.runnerOf(task)) node.finish(task);
      node.tick(30);
    }
    while (this.held.length > 0) this.release(0);
    for (const { object } of node.raylet.report().copies) node.command({ kind: 'dropCopy', object });
    node.tick(10_000);
  }
}

describe('Raylet under random work', () => {
  it.each([
    [1, false],
    [2, false],
    [1, true],
    [3, true],
  ])('O3 B1 leaves nothing behind: %i CPUs, queueing ahead %s', (cpus, queueAhead) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const run = new RandomRun(cpus, queueAhead);
        for (const each of steps) {
          run.do(each);
          expect(run.node.raylet.load().freeCpuMilli).toBeGreaterThanOrEqual(0);
        }
        run.end();
        expect(run.node.raylet.tableSizes()).toMatchObject({ tasks: 0, objects: 0, cancelling: 0, waits: 0 });
        expect(run.node.raylet.load()).toMatchObject({
          runningTasks: 0,
          queuedTasks: 0,
          queuedUs: 0,
          freeCpuMilli: cpus * 1000,
          storeBytes: 0,
        });
      }),
      { numRuns: 100 },
    );
  });
});
