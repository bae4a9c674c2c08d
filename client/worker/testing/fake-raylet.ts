/**
 * A raylet of one screen for tests of the worker side: it keeps objects and answers in the order of the protocol, and
 * leaves everything about scheduling to the test.
 */
import { BatchLink, receiveBatches } from '../../transport/batch-link.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { type PairedTransport, transportPair } from '#shared/testing/transport-pair.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import {
  type WorkerCommand,
  type WorkerCommandOf,
  workerCommands,
  type WorkerRequest,
  type WorkerRequestOf,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import { encodeValue } from '#shared/serialization/value-codec.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import type { CorePorts, WorkerPorts } from '../ports.ts';

export const FIRST_KEY = 2 ** 32 + 1;

type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;

/** Records what the worker side says; says what the test wants. */
export class FakeRaylet {
  readonly end: PairedTransport;
  readonly workerEnd: PairedTransport;
  readonly received: WorkerRequest[] = [];
  readonly attachments: Attachment[] = [];
  /** Called for each message, after it was recorded. */
  onMessage: (message: WorkerRequest, memory: Attachment | undefined) => void = () => undefined;
  readonly #link: BatchLink<VariantsOf<typeof workerCommands>>;

  constructor(keyCount = 1_000_000) {
    [this.end, this.workerEnd] = transportPair();
    this.#link = new BatchLink(this.end, workerCommands);
    receiveBatches(this.end, workerRequests, (messages, attachments) => {
      for (const message of messages) {
        this.received.push(message);
        const memory =
          'attachment' in message && message.attachment > 0 ? attachments[message.attachment - 1] : undefined;
        this.onMessage(message, memory);
      }
    });
    this.say({ kind: 'keys', from: FIRST_KEY, to: FIRST_KEY + keyCount });
  }

  say(command: WorkerCommand, memory?: Attachment): void {
    const carries = memory !== undefined && command.kind === 'object';
    this.#link.push(carries ? { ...command, attachment: this.#link.attach(memory) } : command);
  }

  sayInline(object: number, value: unknown): void {
    this.sayBytes(object, OBJECT_STATUS.inline, encodeValue(value, {}).toBytes());
  }

  sayBytes(object: number, status: number, value: Uint8Array, nested: number[] = []): void {
    this.say({ kind: 'object', object, status, sizeBytes: value.length, value, nested, attachment: 0 });
  }

  run(run: Partial<WorkerCommandOf<'run'>> & { task: number; fn: number }): void {
    this.say({
      kind: 'run',
      attempt: 1,
      actor: 0,
      args: new Uint8Array(0),
      deps: [],
      nested: [],
      claim: 0,
      job: 1,
      gpu: false,
      saves: false,
      ...run,
    });
  }

  of<K extends WorkerRequest['kind']>(kind: K): WorkerRequestOf<K>[] {
    return this.received.filter((message): message is WorkerRequestOf<K> => message.kind === kind);
  }

  /** Lets every message that is under way arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
  }
}

/** Ports that keep everything in this process. */
export function testPorts(overrides: Partial<WorkerPorts> = {}): WorkerPorts & CorePorts {
  let nowMs = 0;
  return {
    clock: { nowMs: () => (nowMs += 0.001), after: () => () => undefined },
    wallClockMs: () => 1_700_000_000_000,
    budget: { tryReserve: () => true },
    node: 'test-node',
    randomSeed: 1,
    threadId: 7,
    defer: queueMicrotask,
    formatLog: (args) => args.map(String).join(' '),
    exit: () => undefined,
    ...overrides,
  };
}
