/**
 * A driver of a simulated cluster: a node that runs a job plan and knows what each of its values must be.
 */
import { pushCommand } from '#client/host/command-link.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { workerCommands, workerRequests } from '#shared/protocol/worker-messages.ts';
import { type ActorBook, actorBookOf } from './actor-book.ts';
import { LOST_ACTOR, Oracle } from './oracle.ts';
import type { JobPlan, TaskPlan } from './plan.ts';
import { Program } from './program.ts';
import type { Rules } from './rules.ts';
import type { Found } from './realm-objects.ts';
import { Runtime } from './runtime.ts';
import { SimNode } from './sim-node.ts';
import type { SimServer } from './sim-server.ts';
import { threadLink } from './thread-link.ts';
import type { World } from './world.ts';

/** Where a driver's job stands. */
export type DriverState = 'running' | 'right' | 'lost';

/** A driver with its job. */
export class SimDriver {
  readonly node: SimNode;
  readonly plan: JobPlan;
  readonly #oracle = new Oracle([]);
  readonly #rules: Rules;
  readonly #book: ActorBook;
  #state: DriverState = 'running';
  #done = 0;

  constructor(world: World, server: SimServer, rules: Rules, { plan, cpus }: { plan: JobPlan; cpus: number }) {
    this.plan = plan;
    this.#rules = rules;
    this.#book = actorBookOf(world);
    this.node = new SimNode(
      world,
      server,
      { role: 'driver', name: plan.name, cpus, wallOffsetMs: 0 },
      {
        events: {
          onSessionDead: (message) => this.#fail(`the server gave this driver up: ${message}`),
          onGivenUp: () => this.lose(),
          onBrought: (shell, key, bytes) =>
            rules.transfers.brought(shell.session.session, key, bytes, server.plane?.gcs.state),
          onEnd: (machine, backlog) => rules.nodeEnds(machine, backlog),
        },
      },
    );
  }

  get state(): DriverState {
    return this.#state;
  }

  /** Steps that are done, of how many. */
  get progress(): string {
    return `${this.#done}/${this.plan.steps.length}`;
  }

  start(): void {
    const { node } = this;
    const shell = node.start();
    const [raylet, realm] = threadLink(node.machine, true);
    const link = new BatchLink(raylet, workerCommands);
    const id = shell.connectDriver({
      send: (command, memory) => pushCommand(link, command, memory),
      flush: () => link.flush(),
    });
    receiveBatches(raylet, workerRequests, (messages, attachments) => shell.onMessages(id, messages, attachments));
    const runtime = new Runtime(realm, {
      clock: node.machine,
      isDriver: true,
      sharesMemory: true,
      book: this.#book,
      name: this.plan.name,
      draw: () => 0,
      mainHooks: () => undefined,
      crash: () => undefined,
      fail: (message) => this.#fail(message),
    });
    const main: TaskPlan = { name: 0, cpuMilli: 0, steps: this.plan.steps, resultBytes: 0 };
    const program = new Program(
      runtime,
      main,
      { task: 0, attempt: 1, deps: [], nested: [], actor: 0, isActor: false },
      {
        taken: (step) => {
          if (this.#state !== 'running') return;
          this.#done += 1;
          this.#oracle.take(step);
        },
        got: (ref, key, found) => this.#check(ref, key, found),
        done: () => {
          if (this.#state !== 'running') return;
          runtime.push({ kind: 'jobFinished', outcome: OUTCOME.value, value: new Uint8Array(0) });
          runtime.post();
          if (runtime.objects.count > 0) this.#fail(`${runtime.objects.count} references are left in the driver`);
          this.#finished();
        },
      },
    );
    let isStarted = false;
    runtime.onKeys = () => {
      if (isStarted) return;
      isStarted = true;
      runtime.start(program);
    };
    runtime.ready();
  }

  /** Its job is over without a result: the driver is gone, or the server gave it up. */
  lose(): void {
    if (this.#state !== 'running') return;
    this.#state = 'lost';
    this.node.kill(false);
  }

  /** The operator stopped its job: what comes now means nothing, and after a while it goes home. */
  stopped(staysMs: number): void {
    if (this.#state !== 'running') return;
    this.#state = 'lost';
    this.node.machine.tell('has a job that was stopped');
    this.node.machine.after(staysMs, () => this.node.leave('its job was stopped'));
  }

  #finished(): void {
    this.#state = 'right';
    this.node.machine.tell('has all its results');
    // The good-bye stands behind the last records.
    this.node.machine.after(5, () => this.node.leave('its job is done'));
  }

  #check(ref: number, key: number, found: Found): void {
    if (this.#state !== 'running') return;
    const expected = this.#oracle.ref(ref);
    if (found.ok) {
      if (found.digest === expected.value?.digest) {
        const fault = found.note && 'life' in found.note ? this.#book.faultIn(key, found.note) : undefined;
        if (fault !== undefined) this.#fail(fault);
        return;
      }
    } else if (expected.labels.includes(found.label)) {
      return;
    } else if (
      LOST_ACTOR.some((label) => label === found.label) &&
      this.#book.hasHarmed(expected.actors, found.label)
    ) {
      return;
    } else if (ENDED_WORKERS.has(found.label) && this.#rules.mayHavePoison) {
      return;
    } else if (found.label === 'ObjectLostError' && this.#rules.mayHaveLost) {
      this.lose();
      return;
    }
    this.#fail(`object ${key} (reference ${ref}) is ${shown(found)} and must be ${JSON.stringify(expected)}`);
  }

  #fail(message: string): void {
    if (this.#state === 'running') this.node.machine.world.fail(`${this.plan.name}: ${message}`);
  }
}

/** What a task is given as its result that ended workers on too many nodes (rule L4). */
const ENDED_WORKERS: ReadonlySet<string> = new Set(['WorkerCrashedError', 'OutOfMemoryError']);

function shown(found: Found): string {
  return found.ok ? `a value with digest ${found.digest}` : `the error "${found.label}"`;
}
