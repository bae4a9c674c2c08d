/**
 * What workers say that is not about objects: lines of output, progress, questions. Drivers of the same node hear their
 * job at once; everybody else through the server.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import type { Journal } from './journal.ts';
import type { TaskEntry } from './entries.ts';
import type { RayletPorts } from './ports.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

/** Tail of a task's output that is kept for its error. */
const LOG_TAIL_CHARS = 4_096;

/** What is needed of the raylet. */
export interface SpeechHooks {
  task(key: ObjectKey): TaskEntry | undefined;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  readonly journal: Pick<Journal, 'flush'>;
}

/** Passes on what workers say. */
export class WorkerSpeech {
  readonly #ports: RayletPorts;
  readonly #nodeName: string;
  readonly #pool: WorkerPool;
  readonly #hooks: SpeechHooks;

  constructor(ports: RayletPorts, nodeName: string, pool: WorkerPool, hooks: SpeechHooks) {
    this.#ports = ports;
    this.#nodeName = nodeName;
    this.#pool = pool;
    this.#hooks = hooks;
  }

  /** @param driverJob the job of this node's driver, 0 for none */
  on(worker: WorkerEntry, message: WorkerRequest, driverJob: number): void {
    // It belongs to a task of which the server has to know first.
    this.#hooks.journal.flush();
    switch (message.kind) {
      case 'log': {
        const { task: key, level, text } = message;
        const task = this.#hooks.task(key);
        if (task) task.logTail = `${task.logTail}${text}\n`.slice(-LOG_TAIL_CHARS);
        this.#ports.server.sendLog(key, level, text);
        const isHeardHere = worker.kind !== 'driver' && worker.job === driverJob;
        if (isHeardHere) this.tellDrivers({ kind: 'log', task: key, node: this.#nodeName, level, text });
        return;
      }
      case 'progress':
        this.#ports.server.sendProgress(message.task, message.fraction, message.note);
        return;
      case 'request':
        this.#ports.server.request(message.method, message.body, (ok, body) => {
          this.#hooks.send(worker, { kind: 'response', id: message.id, ok, body });
          this.#ports.flushWorkers();
        });
        return;
      default:
        return;
    }
  }

  tellDrivers(command: WorkerCommand): void {
    for (const worker of this.#pool.all()) if (worker.kind === 'driver') this.#hooks.send(worker, command);
  }
}
