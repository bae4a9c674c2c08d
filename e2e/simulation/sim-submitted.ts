/**
 * A submitted job of a simulated cluster (rule J1): its driver lives in the server, its `main` on whichever node has it, and is run
 * again when that is gone. What `main` gets is compared with what it must be; a child that has a small result is never made again
 * under another name.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import { beginJob, endJob, resumeJob, startMain, SubmittedJob } from '#server/jobs/submitted-job.ts';
import type { JobRecord, SessionRecord } from '#server/gcs/entities.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { actorBookOf } from './actor-book.ts';
import { JOB_MODULE } from './job-module.ts';
import { mainBookOf } from './main-book.ts';
import { LOST_ACTOR, Oracle } from './oracle.ts';
import { decodePlan, encodePlan, type JobPlan, type TaskPlan } from './plan.ts';
import type { Found } from './realm-objects.ts';
import type { Rules } from './rules.ts';
import type { SimServer } from './sim-server.ts';
import type { World } from './world.ts';

const ENDED_WORKERS: ReadonlySet<string> = new Set(['WorkerCrashedError', 'OutOfMemoryError']);

/** No node has it. */
const NODE_ID = 'f'.repeat(32);

/** A job, from its submission to its end. */
export class SimSubmitted {
  readonly plan: JobPlan;
  readonly #world: World;
  readonly #server: SimServer;
  readonly #rules: Rules;
  readonly #oracle = new Oracle([]);
  /** Children with small results, by what they are: their keys. */
  readonly #finished = new Map<string, ObjectKey>();
  #state: 'running' | 'right' | 'lost' = 'running';
  #isBegun = false;
  #isDurable = false;
  #steps = 0;

  constructor(world: World, server: SimServer, rules: Rules, plan: JobPlan) {
    this.#world = world;
    this.#server = server;
    this.#rules = rules;
    this.plan = plan;
    for (const step of plan.steps) this.#oracle.take(step);
    mainBookOf(world).add(plan.name, {
      taken: () => (this.#steps += 1),
      got: (ref, key, found) => this.#check(ref, key, found),
      done: () => undefined,
    });
  }

  get state(): 'running' | 'right' | 'lost' {
    return this.#state;
  }

  /** Steps that were done, those of all runs. */
  get progress(): string {
    return `${this.#steps} of ${this.plan.steps.length}`;
  }

  /** Somebody submits it. */
  start(): void {
    this.#isBegun = true;
    const { plane } = this.#server;
    if (plane) this.#submit(plane);
  }

  /** The server has begun another life. */
  serverStarted(plane: ControlPlane): void {
    this.#watch(plane);
    if (!this.#isBegun || this.#state !== 'running') return;
    const job = [...plane.gcs.state.jobs.values()].findLast(({ name }) => name === this.plan.name);
    const session = job && plane.gcs.state.sessions.get(job.session);
    if (!job || !session) {
      // It was told of as soon as it was durable; who had not heard of it submits it again.
      if (this.#isDurable) this.#world.fail(`J1 ${this.plan.name} is lost with the server`);
      else this.#submit(plane);
    } else if (job.status === 'running' && session.state !== 'dead') {
      this.#attach(plane, job, session);
      if (plane.step((gcs) => resumeJob(gcs, job, session))) this.#isDurable = true;
      else this.#submit(plane);
    } else if (job.status !== 'running') {
      this.#ended(job);
    }
  }

  #submit(plane: ControlPlane): void {
    const main: TaskPlan = {
      name: 0,
      cpuMilli: 0,
      steps: this.plan.steps,
      resultBytes: 8,
      gives: 1,
      main: this.plan.name,
    };
    const module = { hash: JOB_MODULE.module, code: JOB_MODULE.code, sourceMap: JOB_MODULE.sourceMap };
    const begun = plane.step((gcs) =>
      beginJob(gcs, {
        name: this.plan.name,
        nodeId: NODE_ID,
        module,
        submitter: '',
        purpose: '',
        priority: 1,
        trust: 'own',
      }),
    );
    plane.commits.whenDurable(() => {
      this.#attach(plane, begun.job, begun.session);
      plane.step((gcs) => startMain(gcs, begun, { module, args: encodePlan(main) }));
      plane.commits.whenDurable(() => (this.#isDurable = true));
    });
  }

  #attach(plane: ControlPlane, job: JobRecord, session: SessionRecord): void {
    const { machine } = this.#server;
    const end = (error: Uint8Array | undefined): void => {
      plane.step((gcs) => endJob(gcs, job, session, error));
      plane.localDrivers.remove(session.id);
      plane.commits.whenDurable(() => this.#ended(job));
    };
    plane.localDrivers.add(
      session.id,
      new SubmittedJob(job.id, session.id, {
        fetch: () => this.#world.fail(`${this.plan.name}: its result is stored`),
        want: (object) => plane.step((gcs) => gcs.applyRecords(session, session.heard + 1, [{ kind: 'want', object }])),
        after: (delayMs, callback) => void machine.after(delayMs, callback),
        succeeded: () => machine.after(0, () => end(undefined)),
        failed: (error) => machine.after(0, () => end(error)),
        stopped: () => {
          plane.step((gcs) => {
            if (session.state !== 'dead') gcs.sessions.end(session, 'its job was ended');
            gcs.settle();
          });
          plane.localDrivers.remove(session.id);
        },
      }),
    );
  }

  #ended(job: JobRecord): void {
    if (this.#state !== 'running') return;
    if (job.status === 'succeeded') this.#state = 'right';
    else if (this.#rules.mayHaveLost || this.#rules.mayHavePoison) this.#state = 'lost';
    else this.#world.fail(`J1 ${this.plan.name} ${job.status}: ${job.message} ${new TextDecoder().decode(job.result)}`);
  }

  /** A child of a `main` that has a small result has it for good. */
  #watch(plane: ControlPlane): void {
    const taskEnded = plane.taskEnded.bind(plane);
    plane.taskEnded = (outcome) => {
      const { task } = outcome;
      taskEnded(outcome);
      const parent = task.parent === 0 ? undefined : plane.gcs.state.tasks.get(task.parent);
      if (parent?.job.name !== this.plan.name || parent.parent !== 0 || outcome.outcome !== 'succeeded') return;
      if (outcome.sizeBytes > DURABLE_INLINE_BYTES || task.fn.kind !== 0) return;
      const { name } = decodePlan(task.args);
      const what = `${name}.${task.k} ${[...task.deps, ...task.nested].join(' ')}`;
      const former = this.#finished.get(what);
      if (former !== undefined && former !== task.key && !this.#rules.mayHaveLost)
        this.#world.fail(
          `J1 child ${what} of ${this.plan.name} had a result as ${former} and ran again as ${task.key}`,
        );
      this.#finished.set(what, task.key);
    };
  }

  #check(ref: number, key: ObjectKey, found: Found): void {
    if (this.#state !== 'running') return;
    const expected = this.#oracle.ref(ref);
    const book = actorBookOf(this.#world);
    if (found.ok) {
      if (found.digest === expected.value?.digest) {
        const fault = found.note && 'life' in found.note ? book.faultIn(key, found.note) : undefined;
        if (fault !== undefined) this.#world.fail(`${this.plan.name}: ${fault}`);
        return;
      }
    } else if (expected.labels.includes(found.label)) return;
    else if (LOST_ACTOR.some((label) => label === found.label) && book.hasHarmed(expected.actors, found.label)) return;
    else if (ENDED_WORKERS.has(found.label) && this.#rules.mayHavePoison) return;
    else if (found.label === 'ObjectLostError' && this.#rules.mayHaveLost) return;
    this.#world.fail(
      `${this.plan.name}: object ${key} (reference ${ref}) is ${JSON.stringify(found)} and must be ${JSON.stringify(expected)}`,
    );
  }
}
