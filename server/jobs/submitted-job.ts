/**
 * The driver of a submitted job: it asks for one task, the module's `main`, and waits for what that returns. It speaks to the
 * tables as the session of a node does, in records; so the job lives by the rules of every other, and a start of the server is
 * to it what it is to a driver that comes back (rules J1, M3).
 */
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { type ObjectKey, objectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, type NodeRecord, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS, type ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { MAIN_FUNCTION, MAX_RESULT_BYTES } from '#shared/task/main-function.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import type { JobRecord, SessionRecord } from '../gcs/entities.ts';
import type { Gcs } from '../gcs/gcs.ts';
import type { LocalDriver } from './local-driver.ts';
import { ObjectFetch } from './object-fetch.ts';

const NO_BYTES = new Uint8Array(0);
/** A `main` waits most of the time; it needs no CPU of its own to be given a place. */
const MAIN_OPTIONS = optionsToJson({ ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: {} } });

/** What a job begins with. */
export interface NewSubmittedJob {
  readonly name: string;
  readonly nodeId: string;
  readonly module: { readonly hash: string; readonly code: Uint8Array; readonly sourceMap: Uint8Array };
  readonly submitter: string;
  readonly purpose: string;
  readonly priority: number;
  readonly trust: JobRecord['trust'];
}

/** The object that the `main` of a session's job returns: the first that it names. */
function mainOf(session: number): ObjectKey {
  return objectKey(session, 1);
}

/** Starts the job in the tables, without its `main`; a step of the GCS. */
export function beginJob(gcs: Gcs, given: NewSubmittedJob): { job: JobRecord; session: SessionRecord } {
  const { hash, code, sourceMap } = given.module;
  const session = gcs.sessions.open(
    {
      type: 'hello',
      version: PROTOCOL_VERSION,
      role: 'driver',
      nodeId: given.nodeId,
      nodeName: 'submitted job',
      token: '',
      session: 0,
      epoch: 0,
      serverEpoch: 0,
      receivedCommands: 0,
      cpuMilli: 0,
      resources: [],
      jobName: given.name,
      platform: 'server',
    },
    true,
  );
  const job = gcs.jobs.start(session, given.name);
  gcs.jobs.describe(job, given.submitter, given.purpose);
  gcs.jobs.submitted(job, given);
  gcs.jobs.addModule(hash, code, sourceMap);
  return { job, session };
}

/**
 * Has `main` run; a step of the GCS, to be taken when the job is durable. A number of a session that is lost with the server is
 * given again, and a node that had been told of its `main` would take another's task for that.
 */
export function startMain(
  gcs: Gcs,
  { job, session }: { job: JobRecord; session: SessionRecord },
  { module: { hash }, args }: { readonly module: { readonly hash: string }; readonly args: Uint8Array },
): void {
  if (job.status !== 'running' || session.state === 'dead') return;
  const records: NodeRecord[] = [
    { kind: 'function', fn: 0, module: hash, name: MAIN_FUNCTION, functionKind: FUNCTION_KIND.task },
    { kind: 'options', options: 0, json: MAIN_OPTIONS },
    {
      kind: 'submit',
      task: mainOf(session.id),
      parent: 0,
      actor: 0,
      fn: 0,
      options: 0,
      args,
      deps: [],
      nested: [],
      k: 0,
      place: PLACE.global,
    },
  ];
  gcs.applyRecords(session, 1, records);
}

/**
 * Comes back to a session of before a start of the server; a step of the GCS. Returns false for a job that had no `main` yet: nobody
 * was told that it is accepted, and it is over.
 */
export function resumeJob(gcs: Gcs, job: JobRecord, session: SessionRecord): boolean {
  if (session.received === 0) {
    gcs.jobs.stop(job, 'the server died while it was submitted');
    gcs.sessions.end(session, 'its job was never accepted');
    gcs.settle();
    return false;
  }
  gcs.sessions.connected(session);
  gcs.sessions.report(session, {
    type: 'report',
    lastRecord: session.received,
    leases: [],
    actors: [],
    copies: [],
    wants: [mainOf(session.id)],
  });
  return true;
}

/** Ends the job as its `main` ended, and its session with it; a step of the GCS. */
export function endJob(gcs: Gcs, job: JobRecord, session: SessionRecord, error: Uint8Array | undefined): void {
  gcs.jobs.finished(job, error ? OUTCOME.error : OUTCOME.value, error ?? NO_BYTES);
  if (session.state !== 'dead') gcs.sessions.end(session, 'its job is done');
  gcs.settle();
}

/** What the driver of a job needs of its surroundings. */
export interface SubmittedJobPorts {
  /** A piece of the result is asked for. */
  fetch(frame: SessionFrameOf<'fetch'>): void;
  /** The result is to be told once more. */
  want(object: ObjectKey): void;
  after(delayMs: number, callback: () => void): void;
  succeeded(archive: Uint8Array): void;
  failed(error: Uint8Array): void;
  /** The job was ended from elsewhere. */
  stopped(): void;
}

const WANT_AGAIN_MS = 1_000;
/** So often may a holder answer with what is not the result before the job is given up. */
const MAX_WRONG = 5;

/** The driver of one job. */
export class SubmittedJob implements LocalDriver {
  readonly #job: number;
  readonly #main: ObjectKey;
  readonly #ports: SubmittedJobPorts;
  #fetch: ObjectFetch | undefined;
  #wrong = 0;
  #isOver = false;

  constructor(job: number, session: number, ports: SubmittedJobPorts) {
    this.#job = job;
    this.#main = mainOf(session);
    this.#ports = ports;
  }

  command(command: ServerCommand): void {
    if (this.#isOver) return;
    if (command.kind === 'stopJob') {
      // Every session hears of the end of every job.
      if (command.job !== this.#job) return;
      this.#end();
      this.#ports.stopped();
    } else if (command.kind === 'object' && command.object === this.#main) {
      this.#told(command.status, command.sizeBytes, command.value);
    }
  }

  chunk(chunk: SessionFrameOf<'chunk'>): void {
    this.#fetch?.chunk(chunk);
  }

  #told(status: number, sizeBytes: number, value: Uint8Array): void {
    this.#fetch?.stop();
    this.#fetch = undefined;
    if (status === OBJECT_STATUS.error) {
      this.#end();
      this.#ports.failed(value);
    } else if (status === OBJECT_STATUS.inline) {
      this.#end();
      this.#ports.succeeded(value);
    } else if (sizeBytes > MAX_RESULT_BYTES) {
      this.#fail(`the result takes ${sizeBytes} bytes, and at most ${MAX_RESULT_BYTES} are kept`);
    } else {
      this.#fetch = new ObjectFetch(this.#main, sizeBytes, {
        ask: (frame) => this.#ports.fetch(frame),
        after: (delayMs, callback) => this.#ports.after(delayMs, callback),
        done: (bytes) => {
          this.#end();
          this.#ports.succeeded(bytes);
        },
        missing: () => this.#wantAgain(),
        wrong: () => {
          this.#wrong += 1;
          if (this.#wrong >= MAX_WRONG) this.#fail('the node that has the result sends something else');
          else this.#wantAgain();
        },
      });
    }
  }

  #wantAgain(): void {
    this.#ports.after(WANT_AGAIN_MS, () => {
      if (!this.#isOver) this.#ports.want(this.#main);
    });
  }

  #fail(message: string): void {
    this.#end();
    this.#ports.failed(encodeError(new DaylightError(message)));
  }

  #end(): void {
    this.#isOver = true;
    this.#fetch?.stop();
    this.#fetch = undefined;
  }
}
