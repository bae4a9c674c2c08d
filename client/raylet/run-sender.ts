/**
 * Sends runs to workers: the module, the function and the inputs that the worker does not know yet, then the run.
 */
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import { needsGpu } from '#shared/task/resources.ts';
import type { TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';
import type { ModuleStore } from './module-store.ts';
import type { ObjectDesk } from './object-desk.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What runs are made of. */
export interface RunSources {
  readonly objects: LocalObjects;
  readonly desk: ObjectDesk;
  readonly modules: ModuleStore;
  send(worker: WorkerEntry, command: WorkerCommand): void;
}

/** Sends runs. */
export class RunSender {
  readonly #sources: RunSources;

  constructor(sources: RunSources) {
    this.#sources = sources;
  }

  /** Sends a task with everything its worker does not know yet. */
  run(task: TaskEntry, worker: WorkerEntry): void {
    this.#introduce(task, worker);
    for (const key of task.deps) {
      const object = this.#sources.objects.get(key);
      if (object) this.#sources.desk.sendObject(worker, object);
    }
    this.#sources.send(worker, {
      kind: 'run',
      task: task.key,
      attempt: task.attempt,
      actor: task.actor,
      fn: task.fn.index,
      args: task.args,
      deps: task.deps,
      nested: task.nested,
      claim: task.claim,
      job: task.job,
      gpu: needsGpu(task.options.options.demand),
      saves: task.fn.kind === FUNCTION_KIND.actor && task.options.options.checkpoint !== undefined,
    });
  }

  #introduce(task: TaskEntry, worker: WorkerEntry): void {
    const { fn } = task;
    if (fn.module !== '' && !worker.knownModules.has(fn.module)) {
      worker.knownModules.add(fn.module);
      const found = this.#sources.modules.get(fn.module);
      if (found)
        this.#sources.send(worker, { kind: 'module', module: fn.module, code: found.code, sourceMap: found.sourceMap });
    }
    if (worker.knownFunctions.has(fn.index)) return;
    worker.knownFunctions.add(fn.index);
    this.#sources.send(worker, {
      kind: 'function',
      fn: fn.index,
      module: fn.module,
      name: fn.name,
      functionKind: fn.kind,
    });
  }
}
