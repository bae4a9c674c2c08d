/**
 * The realm of a simulated worker or driver: it speaks the real worker protocol over the real batch link and runs plans instead
 * of modules. One program has the thread at a time; another starts only while it is blocked (rule S3). Calls of an actor start by
 * the lanes of a real worker (rule A1), and it ends as a real one does (rule A3).
 */
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { CallLanes } from '#client/worker/actor-lanes.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { FUNCTION_KIND, OUTCOME } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import {
  type WorkerCommand,
  type WorkerCommandOf,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import type { ActorBook, ActorLife } from './actor-book.ts';
import { FUNCTIONS, JOB_MODULE, OPTION_SETS } from './job-module.ts';
import { decodePlan, planOf } from './plan.ts';
import { type DriverHooks, Program } from './program.ts';
import { MainRun } from '#client/worker/main-run.ts';
import { openHistory } from '#client/worker/open-history.ts';
import { ProgramWaits } from './program-waits.ts';
import { RealmObjects } from './realm-objects.ts';
import { LEAST_NOTED_BYTES, type Note, valueBytes } from './values.ts';

type Run = WorkerCommandOf<'run'>;
/** Some of what actors save is too large to travel with its record. */
const LARGE_CHECKPOINT_BYTES = INLINE_BYTES;

type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;

/** What a realm needs of its world. */
export interface RuntimePorts {
  readonly clock: Clock;
  readonly isDriver: boolean;
  /** Values above the inline limit are shared; else they are copied. */
  readonly sharesMemory: boolean;
  readonly book: ActorBook;
  /** Of the machine. */
  readonly name: string;
  /** Something by chance, from 0 to below 1. */
  draw(): number;
  /** What whoever submitted a job wants to know of its `main`. */
  mainHooks(name: string): DriverHooks | undefined;
  /** The worker is over, by its own doing. */
  crash(): void;
  /** Something that must not be. */
  fail(message: string): void;
}

/** One end of a link to a raylet. */
export class Runtime {
  readonly ports: RuntimePorts;
  readonly objects: RealmObjects;
  readonly waits: ProgramWaits;
  readonly #link: BatchLink<VariantsOf<typeof workerRequests>>;
  #queue: Run[] = [];
  /** What the raylet introduced, by its numbers. */
  readonly #functionKinds = new Map<number, number>();
  readonly #mains = new Set<number>();
  readonly #questions = new Map<number, { resolve: (body: Uint8Array) => void; reject: (error: Error) => void }>();
  #nextQuestion = 1;
  /** Methods that only the system calls. */
  readonly #hooks = new Map<number, (run: Run) => void>();
  readonly #introduced = new Set<string>();
  readonly #keys: { from: number; to: number }[] = [];
  /** Programs that have the thread: one, or more while blocked ones came back. */
  readonly #active = new Set<Program>();
  /** Begun and not over, by their tasks. */
  readonly #programs = new Map<ObjectKey, Program>();
  /** Calls of the actor that have not begun. */
  readonly #lanes = new CallLanes<Run>();
  /** How many of its calls may run at the same time, and how many do. */
  #concurrency = 1;
  #begunCalls = 0;
  /** It begins no more calls; `over` once it has said that it ended. */
  #exiting: 'no' | 'yes' | 'over' = 'no';
  /** The actor that lives here, or will. */
  actor: ObjectKey = 0;
  life: ActorLife | undefined;
  #isOver = false;
  /** Told when names have come. */
  onKeys: () => void = () => undefined;

  constructor(transport: Transport, ports: RuntimePorts) {
    this.ports = ports;
    this.objects = new RealmObjects((message) => ports.fail(message));
    this.#link = new BatchLink(transport, workerRequests);
    this.waits = new ProgramWaits(this.objects, {
      push: (message) => this.push(message),
      blocked: (program) => {
        this.#active.delete(program);
        this.#begin();
      },
      unblocked: (program) => this.#active.add(program),
    });
    receiveBatches(transport, workerCommands, (commands, attachments) => {
      for (const command of commands) if (!this.isOver) this.#receive(command, attachments);
      this.#begin();
      this.post();
    });
  }

  /** CPUs that its programs compute with. */
  get activeMilli(): number {
    let milli = 0;
    for (const { cpuMilli } of this.#active) milli += cpuMilli;
    return milli;
  }

  /** Tasks that run, are blocked or wait here, and whether they end in another way than by returning. */
  get tasks(): readonly { readonly key: ObjectKey; readonly fails: boolean }[] {
    const queued = [...this.#queue, ...this.#lanes.waiting()].map(({ task, args }) => ({
      key: task,
      fails: planOf(args)?.failure !== undefined,
    }));
    return [...this.#programs.values(), ...queued];
  }

  ready(): void {
    this.push({ kind: 'ready', threadId: this.ports.isDriver ? 0 : 1 });
    this.post();
  }

  post(): void {
    this.#link.flush();
  }

  /** Takes a run back that has not begun; false if it has. */
  revoke(claim: number): boolean {
    return this.#takeBack((run) => run.claim === claim) !== undefined;
  }

  // --- what programs do ----------------------------------------------------------------------------------------------

  push(message: WorkerRequest): void {
    this.#link.push(message);
  }

  newKey(): ObjectKey {
    for (;;) {
      const [range] = this.#keys;
      if (!range) {
        this.ports.fail('a program has no names left');
        return 0;
      }
      if (range.from < range.to) return range.from++;
      this.#keys.shift();
    }
  }

  /** Introduces what a submission names. */
  introduce(fn: number, options: number): void {
    const called = FUNCTIONS[fn];
    if (called && this.#isNew(`function ${fn}`)) {
      if (this.ports.isDriver && called.module !== '' && this.#isNew('module'))
        this.push({ kind: 'module', ...JOB_MODULE });
      this.push({ kind: 'function', fn, ...called });
    }
    if (this.#isNew(`options ${options}`)) this.push({ kind: 'options', options, json: OPTION_SETS[options] ?? '' });
  }

  /** Makes a value: inline bytes, or memory beside the message. */
  place(digest: number, sizeBytes: number, note?: Note): { bytes: Uint8Array; value: Uint8Array; attachment: number } {
    if (sizeBytes <= INLINE_BYTES) {
      const bytes = valueBytes(digest, sizeBytes, new Uint8Array(sizeBytes), note);
      return { bytes, value: bytes, attachment: 0 };
    }
    const memory = this.ports.sharesMemory ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
    const bytes = valueBytes(digest, sizeBytes, new Uint8Array(memory), note);
    return { bytes, value: new Uint8Array(0), attachment: this.#link.attach(memory) };
  }

  crash(): void {
    this.over();
    this.ports.crash();
  }

  /** The thread is gone, and its timers with it. */
  over(): void {
    this.#isOver = true;
    for (const program of this.#programs.values()) program.stopWork();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** A program is over. */
  ended(program: Program): void {
    this.#active.delete(program);
    this.#programs.delete(program.key);
    if (program.key === this.actor) this.#lanes.open(this.actor);
    else if (this.actor !== 0) this.#lanes.ended(program.key);
    if (this.actor !== 0) this.#begunCalls -= 1;
    this.#exitIfDone();
    this.#begin();
  }

  /** Starts a driver's program. */
  start(program: Program): void {
    this.#active.add(program);
    program.start();
    this.post();
  }

  // --- what the raylet says --------------------------------------------------------------------------------------------

  #receive(command: WorkerCommand, attachments: readonly Attachment[]): void {
    switch (command.kind) {
      case 'keys':
        this.#keys.push({ from: command.from, to: command.to });
        this.onKeys();
        return;
      case 'object':
        // A driver may have let go of it meanwhile.
        if (this.ports.isDriver && !this.objects.has(command.object)) return;
        this.objects.receive(command, attachments[command.attachment - 1]);
        this.waits.changed(command.object);
        return;
      case 'function':
        this.#learn(command);
        return;
      case 'run':
        if (this.#functionKinds.get(command.fn) === FUNCTION_KIND.actor) this.actor = command.task;
        this.#take({ ...command, args: command.args.slice() });
        return;
      case 'response':
      case 'flushed':
        this.#answer(
          command.id,
          command.kind === 'flushed' || command.ok,
          'body' in command ? command.body.slice() : new Uint8Array(0),
        );
        return;
      case 'unblocked':
        this.waits.answered(command.id);
        return;
      case 'cancelTask':
        this.#cancel(command.task);
        return;
      case 'recall':
        this.#recall(command.task);
        return;
      case 'concurrency':
        this.#concurrency = command.maxConcurrency;
        this.#lanes.setLimits(command.actor, command);
        return;
      case 'exitActor':
        this.exitActor();
        if (command.now) this.#exited();
        return;
      default:
        return;
    }
  }

  #learn({ fn, name, functionKind }: WorkerCommandOf<'function'>): void {
    this.#functionKinds.set(fn, functionKind);
    if (name === MAIN_FUNCTION) this.#mains.add(fn);
    if (name.endsWith('.saveCheckpoint')) this.#hooks.set(fn, (run) => this.#save(run));
    if (name.endsWith('.restoreCheckpoint')) this.#hooks.set(fn, (run) => this.#restore(run));
  }

  #take(run: Run): void {
    for (const key of run.deps) this.objects.use(key);
    if (run.actor === 0) this.#queue.push(run);
    else if (this.#exiting === 'no') this.#lanes.add(run.actor, 'call', run);
    else this.#giveBack(run);
  }

  /** The actor here begins no more calls, and ends after those that it has begun. */
  exitActor(): void {
    if (this.#exiting !== 'no') return;
    this.#exiting = 'yes';
    this.push({ kind: 'exits', actor: this.actor });
    for (const run of this.#lanes.takeAll(this.actor)) this.#giveBack(run);
    this.#exitIfDone();
  }

  /** A call has its inputs and has begun: the next of its lane may (rule A1). */
  entered(call: ObjectKey): void {
    this.#lanes.entered(call);
    this.#begin();
  }

  #exitIfDone(): void {
    if (this.#exiting === 'yes' && this.#begunCalls === 0) this.#exited();
  }

  #exited(): void {
    if (this.#exiting === 'over') return;
    this.#exiting = 'over';
    this.push({ kind: 'exited', actor: this.actor });
  }

  #giveBack(run: Run): void {
    for (const key of run.deps) this.objects.unuse(key);
    this.push({ kind: 'recalled', task: run.task });
  }

  #cancel(task: ObjectKey): void {
    const program = this.#programs.get(task);
    if (program) program.cancel();
    else this.#recall(task);
  }

  #recall(task: ObjectKey): void {
    const call = this.#lanes.takeBack(task);
    if (call) this.#giveBack(call);
    // With shared memory the raylet has taken it back already.
    else if (this.#takeBack((run) => run.task === task) && !this.ports.sharesMemory)
      this.push({ kind: 'recalled', task });
  }

  #takeBack(isMeant: (run: Run) => boolean): Run | undefined {
    const run = this.#queue.find(isMeant);
    if (!run) return undefined;
    this.#queue = this.#queue.filter((other) => other !== run);
    for (const key of run.deps) this.objects.unuse(key);
    return run;
  }

  #begin(): void {
    while (!this.isOver) {
      const run = this.#lanes.next() ?? (this.#active.size === 0 ? this.#queue.shift() : undefined);
      if (!run) return;
      const hook = this.#hooks.get(run.fn);
      if (hook) {
        hook(run);
        this.#lanes.ended(run.task);
        continue;
      }
      const kind = this.#functionKinds.get(run.fn);
      if (kind === undefined) this.ports.fail(`function ${run.fn} of task ${run.task} was not introduced`);
      if (this.#mains.has(run.fn)) {
        void this.#beginMain(run);
        continue;
      }
      const isActor = kind === FUNCTION_KIND.actor;
      if (kind === FUNCTION_KIND.method && run.actor !== this.actor)
        this.ports.fail(`a call of actor ${run.actor} came to actor ${this.actor}`);
      const program = new Program(this, decodePlan(run.args), {
        ...run,
        actor: isActor ? run.task : run.actor,
        isActor,
      });
      this.#active.add(program);
      this.#programs.set(run.task, program);
      if (kind !== FUNCTION_KIND.task) this.#begunCalls += 1;
      if (this.#begunCalls > this.#concurrency)
        this.ports.fail(`A1 ${this.#begunCalls} calls of actor ${this.actor} run, ${this.#concurrency} may`);
      program.start();
    }
  }

  /** The main of a submitted job: what earlier runs did comes first (rule J1). */
  async #beginMain(run: Run): Promise<void> {
    const plan = decodePlan(run.args);
    try {
      const earlier = await openHistory(run.task, run.attempt, (method, body) =>
        this.#ask((id) => ({ kind: 'request', id, method, body })),
      );
      if (!earlier || this.isOver) return;
      const main = new MainRun(run.task, earlier, {
        push: (message) => this.push(message),
        defer: (callback) =>
          void this.ports.clock.after(0, () => {
            if (this.isOver) return;
            callback();
            this.post();
          }),
        durably: async (message) => void (await this.#ask(message)),
        diverged: (error) => this.ports.fail(`J1 ${plan.main}: ${error.message}`),
      });
      const call = { ...run, actor: run.task, isActor: false, main };
      const program = new Program(this, plan, call, this.ports.mainHooks(plan.main ?? ''));
      this.#active.add(program);
      this.#programs.set(run.task, program);
      program.start();
    } catch {
      // Another run takes its place.
      this.push({
        kind: 'result',
        task: run.task,
        outcome: OUTCOME.error,
        durationUs: 0,
        sizeBytes: 0,
        value: encodeError(new Error('another run')),
        nested: [],
        attachment: 0,
      });
    }
    this.post();
  }

  #ask(message: (id: number) => WorkerRequest): Promise<Uint8Array> {
    const id = this.#nextQuestion++;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.push(message(id));
      this.post();
    });
  }

  #answer(id: number, ok: boolean, body: Uint8Array): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (ok) question?.resolve(body);
    else question?.reject(new Error('refused'));
  }

  /** The actor says where it stands (rule A2). */
  #save({ task }: Run): void {
    if (!this.life) return this.ports.fail('an actor is to be saved that does not live');
    const note = this.ports.book.saved(this.life);
    const sizeBytes = LEAST_NOTED_BYTES + (note.state % 5 === 0 ? LARGE_CHECKPOINT_BYTES : note.state % 900);
    const { value, attachment } = this.place(note.state, sizeBytes, note);
    this.#handIn(task, { sizeBytes, value, attachment });
  }

  /** It goes on from there. */
  #restore({ task, deps: [saved = 0] }: Run): void {
    const found = this.objects.find(saved);
    if (!found.ok || !found.note || 'attempt' in found.note || !this.life)
      this.ports.fail(`checkpoint ${saved} cannot be restored`);
    else this.ports.book.restored(this.life, found.note);
    this.objects.unuse(saved);
    this.#handIn(task, { sizeBytes: 0, value: new Uint8Array(0), attachment: 0 });
  }

  #handIn(task: ObjectKey, result: { sizeBytes: number; value: Uint8Array; attachment: number }): void {
    this.push({ kind: 'result', task, outcome: OUTCOME.value, durationUs: 0, nested: [], ...result });
  }

  #isNew(text: string): boolean {
    if (this.#introduced.has(text)) return false;
    this.#introduced.add(text);
    return true;
  }
}
