import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { decodeArgs } from '#shared/serialization/value-codec.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { FakeNode, FN } from './testing/fake-node.ts';

const SAVED = objectKey(9, 1);
const ACTOR = objectKey(9, 2);
const CLASS = { className: 'Counter', methods: ['inc'] };
const SAVING = { maxRestarts: 1, checkpoint: { everyCalls: 2, everyMs: 0 }, actor: CLASS };

/** An actor of this node, and its worker. */
function startActor(node: FakeNode, options: Parameters<FakeNode['options']>[0]): number {
  const actor = node.submit({ fn: FN.actor, options: node.options(options) });
  node.settle();
  node.finish(actor);
  return actor;
}

describe('calls of an actor', () => {
  it('A2 are numbered as they are sent, if the actor may live again', () => {
    const node = new FakeNode();
    const [mortal, actor] = [startActor(node, {}), startActor(node, { maxRestarts: 1 })];
    const calls = [mortal, actor, actor].map((each) => node.submit({ actor: each }));
    node.settle();
    expect(node.of('began')).toEqual([
      { kind: 'began', actor, incarnation: 1, task: calls[1], number: 1 },
      { kind: 'began', actor, incarnation: 1, task: calls[2], number: 2 },
    ]);
  });

  it('A2 L7 one that is cancelled before its turn never was', () => {
    const node = new FakeNode();
    const actor = startActor(node, { maxRestarts: 1 });
    const [first, second] = [node.submit({ actor }), node.submit({ actor })];
    node.settle();
    const worker = node.runner(first);
    node.command({ kind: 'cancelTask', task: second, force: false });
    node.say(worker, { kind: 'recalled', task: second });
    expect(
      node
        .of('began')
        .map(({ task, number }) => [task, number])
        .at(-1),
    ).toEqual([second, 0]);
    expect(node.of('finish').find(({ task }) => task === second)).toMatchObject({ outcome: OUTCOME.error });
  });

  it('A2 save the state behind every so many, and tell for how many it stands', () => {
    const node = new FakeNode();
    const actor = startActor(node, SAVING);
    const calls = [1, 2, 3].map(() => node.submit({ actor }));
    node.settle();
    const { runs, id } = node.runner(calls[0] ?? 0);
    const worker = node.worker(id);
    const names = node.of('function').filter(({ functionKind }) => functionKind === FUNCTION_KIND.method);
    expect(names.map(({ name }) => name)).toContain('Counter.saveCheckpoint');
    // The first has begun.
    const behind = runs.map(({ task }) => task);
    expect(behind).toEqual([calls[1], expect.any(Number), calls[2]]);
    const state = behind[1] ?? 0;
    for (const call of calls.slice(0, 2)) node.finish(call);
    const value = Uint8Array.of(7);
    const result = { durationUs: 1, sizeBytes: 1, value, nested: [], attachment: 0 };
    node.say(worker, { kind: 'result', task: state, outcome: OUTCOME.value, ...result });
    expect(node.of('saved')).toMatchObject([{ object: state, actor, incarnation: 1, number: 2, value }]);
    expect(node.of('finish').some(({ task }) => task === state)).toBe(false);
  });

  it('A2 a life after others restores what was saved before it is there, and counts on', () => {
    const node = new FakeNode();
    node.command({ kind: 'restore', actor: ACTOR, object: SAVED, number: 7 });
    const options = node.serverOptions(optionsToJson({ ...DEFAULT_OPTIONS, ...SAVING }));
    node.lease({ task: ACTOR, fn: FUNCTION_KIND.actor, incarnation: 2, options });
    node.describe(SAVED);
    const worker = node.runner(ACTOR);
    node.finish(ACTOR);
    expect(node.of('finish')).toEqual([]);
    const restoring = worker.of('run').at(-1);
    if (!restoring) throw new Error('nothing is restored');
    expect(restoring.deps).toEqual([SAVED]);
    const args = decodeArgs(restoring.args, {
      copy: true,
      argument: (index) => `argument ${index}`,
      reference: () => ({}),
    });
    expect(args).toEqual(['argument 0']);
    node.finish(restoring.task);
    expect(node.of('finish').map(({ task }) => task)).toEqual([ACTOR]);
    // What others waited for comes first: only the server knows.
    node.submit({ actor: ACTOR });
    expect(node.of('submit').at(-1)).toMatchObject({ place: PLACE.global });
    const again = objectKey(9, 3);
    node.lease({ task: again, actor: ACTOR, fn: FUNCTION_KIND.method, incarnation: 2, attempt: 2 });
    expect(node.of('began')).toMatchObject([{ task: again, incarnation: 2, number: 8 }]);
  });

  it('A2 one that cannot be restored was not made', () => {
    const node = new FakeNode();
    node.command({ kind: 'restore', actor: ACTOR, object: SAVED, number: 7 });
    node.lease({ task: ACTOR, fn: FUNCTION_KIND.actor, incarnation: 2 });
    node.describe(SAVED);
    const worker = node.runner(ACTOR);
    node.finish(ACTOR);
    const value = Uint8Array.of(1, 2);
    node.finish(worker.of('run').at(-1)?.task ?? 0, { outcome: OUTCOME.error, value });
    expect(node.of('finish')).toMatchObject([{ task: ACTOR, outcome: OUTCOME.error, value }]);
    expect(worker.stopped).toBe(true);
  });

  it('A2 of an actor that died go to the server without a word: it knows which', () => {
    const node = new FakeNode();
    const actor = startActor(node, { maxRestarts: 1 });
    const call = node.submit({ actor });
    node.settle();
    node.raylet.onWorkerExit(node.runner(call).id, END_REASON.workerCrashed, 'crash');
    expect(node.of('actorDown')).toMatchObject([{ actor, incarnation: 1 }]);
    expect(node.of('finish').some(({ task }) => task === call)).toBe(false);
    expect(node.of('want').map(({ object }) => object)).toEqual([call]);
    expect(node.raylet.tableSizes().tasks).toBe(0);
  });
});
