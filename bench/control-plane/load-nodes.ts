// The nodes of the memory benchmark: drivers whose tasks run at home, drivers whose tasks the scheduler gives to hosts, and the
// hosts. All tasks do nothing and return nothing; a driver lets go of its references a thousand at a time, as after a `get`.
import { objectKey } from '#shared/ids/object-key.ts';
import type { Transport } from '#shared/ports/transport.ts';
import { FUNCTION_KIND, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { RawNode } from './raw-node.ts';

const MODULE = '5'.repeat(64);
const NO_BYTES = new Uint8Array(0);
/** What `undefined` is as a value. */
const NOTHING = Uint8Array.of(0);
/** Tasks of one `get`. */
const CHUNK = 1000;
/** Records of a driver that may not be durable: beyond them it waits, as a node with a full journal does. */
const WINDOW_RECORDS = 24_000;
/** Chunks of a driver whose results are not all there. */
const WINDOW_CHUNKS = 4;
const RUN_US = 20;

/** The no-op task is over. */
export function finishNoop(node: RawNode, task: number, attempt: number): void {
  node.write({
    kind: 'finish',
    task,
    outcome: OUTCOME.value,
    durationUs: RUN_US,
    sizeBytes: NOTHING.length,
    value: NOTHING,
    nested: [],
    attempt,
  });
}

/** Submits no-op task number `number` of a driver that has introduced it. */
export function submitNoop(node: RawNode, number: number, place: number): void {
  node.write({
    kind: 'submit',
    task: objectKey(node.session, number),
    parent: 0,
    actor: 0,
    fn: 0,
    options: 0,
    args: NO_BYTES,
    deps: [],
    nested: [],
    k: number,
    place,
  });
}

/** What {@link submitNoop} names. */
export function introduce(node: RawNode): void {
  const code = new TextEncoder().encode('export const noop = remote(() => undefined);');
  node.write({ kind: 'module', module: MODULE, code, sourceMap: NO_BYTES });
  const functionKind = FUNCTION_KIND.task;
  node.write({ kind: 'function', fn: 0, module: MODULE, name: 'jobs/noop.ts#noop', functionKind });
  node.write({ kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) });
}

/** Ends every task as soon as it is given. */
export class LoadHost {
  readonly node: RawNode;

  constructor(name: string, cpus: number, token: string, transport: Transport, welcomed: () => void) {
    const identity = { role: 'host', name, cpus, token } as const;
    this.node = new RawNode(identity, { welcomed, commands: (batch) => this.#commands(batch), durable() {} });
    this.node.connect(transport);
  }

  #commands(batch: readonly ServerCommand[]): void {
    for (const command of batch) if (command.kind === 'lease') finishNoop(this.node, command.task, command.attempt);
  }
}

/** Where a driver's tasks run. */
export type LoadPlace = 'home' | 'hosts';

/** Submits so many tasks and lets go of all results. */
export class LoadDriver {
  readonly node: RawNode;
  readonly tasks: number;
  readonly place: LoadPlace;
  #submitted = 0;
  #released = 0;
  #durable = 0;
  /** By chunk: results that are not here. */
  readonly #missing = new Map<number, number>();
  readonly #done: () => void;

  /** @param done told when every record is durable */
  constructor(
    { name, tasks, place }: { name: string; tasks: number; place: LoadPlace },
    token: string,
    transport: Transport,
    events: { welcomed: () => void; done: () => void },
  ) {
    this.tasks = tasks;
    this.place = place;
    this.#done = events.done;
    this.node = new RawNode(
      { role: 'driver', name, cpus: 0, token },
      {
        welcomed: events.welcomed,
        commands: (batch) => this.#commands(batch),
        durable: (record) => {
          this.#durable = record;
          this.#goOn();
        },
      },
    );
    this.node.connect(transport);
  }

  start(): void {
    introduce(this.node);
    this.#goOn();
    this.node.flush();
  }

  #goOn(): void {
    while (this.#submitted < this.tasks && this.#mayWrite()) this.#nextChunk();
    if (this.#released === this.tasks && this.#durable === this.node.lastRecord) this.#done();
  }

  #mayWrite(): boolean {
    return this.node.lastRecord - this.#durable < WINDOW_RECORDS && this.#missing.size < WINDOW_CHUNKS;
  }

  #nextChunk(): void {
    const from = this.#submitted;
    const to = Math.min(from + CHUNK, this.tasks);
    this.#submitted = to;
    const isHome = this.place === 'home';
    for (let number = from + 1; number <= to; number++)
      submitNoop(this.node, number, isHome ? PLACE.here : PLACE.global);
    if (isHome) {
      for (let number = from + 1; number <= to; number++)
        finishNoop(this.node, objectKey(this.node.session, number), 1);
      this.#release(from, to);
    } else {
      this.#missing.set(from / CHUNK, to - from);
    }
  }

  #release(from: number, to: number): void {
    for (let number = from + 1; number <= to; number++)
      this.node.write({ kind: 'release', object: objectKey(this.node.session, number), holder: 0 });
    this.#released += to - from;
  }

  #commands(batch: readonly ServerCommand[]): void {
    for (const command of batch) {
      if (command.kind !== 'object') continue;
      const number = command.object - objectKey(this.node.session, 0);
      const chunk = Math.floor((number - 1) / CHUNK);
      const left = (this.#missing.get(chunk) ?? 0) - 1;
      this.#missing.set(chunk, left);
      if (left > 0) continue;
      this.#missing.delete(chunk);
      this.#release(chunk * CHUNK, Math.min((chunk + 1) * CHUNK, this.tasks));
    }
    this.#goOn();
  }
}
