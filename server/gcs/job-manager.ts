/**
 * Jobs and the modules they run (rule J3): a job begins with its driver and ends with it, and nothing of it stays.
 */
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { plainWords } from '#shared/text/plain-words.ts';
import type { ActorManager } from './actor-manager.ts';
import type { JobRecord, JobStatus, SessionRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';
import { moveJob } from './lives.ts';
import type { GcsState } from './state.ts';
import type { TaskManager } from './task-manager.ts';

const NO_BYTES = new Uint8Array(0);
/** Ends that a former server may not have told to all: those of the last minutes before it died, whatever its clock said. */
const MAX_FORMER_ENDS = 1000;

/** A job that begins. Without a name it is called by its number. */
export function newJob(id: number, name: string, session: number, startedMs: number): JobRecord {
  return {
    id,
    name: name === '' ? `job ${id}` : name,
    session,
    status: 'running',
    startedMs,
    endedMs: 0,
    result: NO_BYTES,
    message: '',
    submitted: 0,
    finished: 0,
    failed: 0,
    progress: 0,
    note: '',
    submitter: '',
    purpose: '',
    kind: 'driver',
    priority: 1,
    trust: 'own',
    functions: new Map(),
    unfinished: new KeyTable(),
    actors: new Set(),
  };
}

/** All jobs. */
export class JobManager {
  readonly #state: GcsState;
  readonly #tasks: TaskManager;
  readonly #actors: ActorManager;
  #nextJob = 1;
  /** Jobs that ended under a former server. */
  #formerEnds: JobRecord[] = [];

  constructor(state: GcsState, tasks: TaskManager, actors: ActorManager) {
    this.#state = state;
    this.#tasks = tasks;
    this.#actors = actors;
  }

  /** Starts the job of a driver's session. */
  start(session: SessionRecord, name: string): JobRecord {
    const job = newJob(this.#nextJob, name, session.id, this.#state.wallMs);
    this.#nextJob += 1;
    this.#state.jobs.set(job.id, job);
    session.job = job;
    this.#touch(job);
    return job;
  }

  /** What a submission says of its job. */
  submitted(job: JobRecord, { priority, trust }: Pick<JobRecord, 'priority' | 'trust'>): void {
    job.kind = 'submitted';
    job.priority = priority;
    job.trust = trust;
    this.#touch(job);
  }

  /** Forgets a job that is over. @throws RangeError if it runs */
  remove(job: JobRecord): void {
    if (job.status === 'running') throw new RangeError(`job ${job.id} is running: stop it first`);
    this.#state.jobs.delete(job.id);
    this.#state.gone.jobDeleted(job.id);
    const driver = this.#state.sessions.get(job.session);
    // What is told of it from now on is of no job.
    if (driver) driver.job = undefined;
    this.#state.dirty.sessions.add(job.session);
    this.#touch(job);
  }

  restore(job: JobRecord): void {
    this.#state.jobs.set(job.id, job);
    this.keepNumber(job.id);
    if (job.status !== 'running') this.#formerEnds.push(job);
  }

  /** A node comes back after a start of the server: that a job is over may have been on the way to it when the former server died. */
  tellFormerEnds(session: SessionRecord): void {
    if (this.#formerEnds.length > MAX_FORMER_ENDS)
      this.#formerEnds = this.#formerEnds.toSorted((a, b) => b.endedMs - a.endedMs).slice(0, MAX_FORMER_ENDS);
    for (const job of this.#formerEnds) this.#tellEnd(session, job);
  }

  #tellEnd(session: SessionRecord, { id }: JobRecord): void {
    if (session.state !== 'dead') this.#state.ports.command(session, { kind: 'stopJob', job: id });
  }

  /** A job has this number, or had it: none after it gets it, for history and files go by it. */
  keepNumber(job: number): void {
    this.#nextJob = Math.max(this.#nextJob, job + 1);
  }

  addModule(hash: string, code: Uint8Array, sourceMap: Uint8Array): void {
    if (this.#state.modules.has(hash)) return;
    const index = this.#state.modules.size;
    this.#state.modules.set(hash, { index, hash, code: code.slice(), sourceMap: sourceMap.slice() });
    this.#state.dirty.modules.add(hash);
  }

  /** The driver says who runs the job and what for. */
  describe(job: JobRecord, submitter: string, purpose: string): void {
    job.submitter = plainWords(submitter);
    job.purpose = plainWords(purpose);
    this.#touch(job);
  }

  /** The driver says how its `main` ended. */
  finished(job: JobRecord, outcome: number, value: Uint8Array): void {
    if (job.status !== 'running') return;
    job.result = value.slice();
    this.#end(job, outcome === OUTCOME.value ? 'succeeded' : 'failed', 'its main failed');
  }

  driverDied(job: JobRecord, reason: string): void {
    if (job.status === 'running') this.#end(job, 'failed', `its driver left: ${reason}`);
  }

  stop(job: JobRecord, reason: string): void {
    if (job.status === 'running') this.#end(job, 'stopped', reason);
  }

  #end(job: JobRecord, status: JobStatus, reason: string): void {
    moveJob(job, status);
    job.endedMs = this.#state.wallMs;
    job.message = status === 'succeeded' ? '' : reason;
    if (status === 'succeeded') job.progress = 1;
    this.#touch(job);
    this.#actors.stopJob([...job.actors], reason);
    this.#tasks.stopJob(job, reason);
    this.#tasks.dropLineage(job);
    this.#state.batches.jobEnded(job);
    for (const session of this.#state.sessions.values()) this.#tellEnd(session, job);
    for (const actor of job.actors) {
      this.#state.actors.delete(actor.key);
      this.#state.dirty.actors.add(actor.key);
      this.#tasks.forget(actor.creation);
    }
    job.actors.clear();
    this.#state.ports.event({
      severity: status === 'failed' ? 'error' : 'info',
      kind: 'job-ended',
      message: `${job.name}: ${status}`,
      job: job.id,
      session: job.session,
    });
  }

  #touch(job: JobRecord): void {
    this.#state.dirty.jobs.add(job.id);
  }
}
