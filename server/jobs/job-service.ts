/**
 * Submitted jobs: from a source to a task called `main` that the cluster runs, and from what that returns to an archive that
 * people take home. The submitter may leave; what was submitted, its result and its files outlive the server (rules J1, J2).
 */
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Artefact, Check, FunctionProgress, JobError, JobSource, Submission } from '#shared/api/schemas.ts';
import { errorRecordCodec } from '#shared/errors/error-record.ts';
import type { JobBundler } from '#shared/ports/job-bundler.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { JobRecord, SessionRecord } from '../gcs/entities.ts';
import type { Relay } from '../gateway/relay.ts';
import type { JobFiles } from './job-files.ts';
import { functionProgress } from './function-progress.ts';
import type { LogFiles } from './log-files.ts';
import { ArgumentRefused, type JobServicePort, SourceProblems } from './job-service-port.ts';
import { encodeMainArgument } from './main-argument.ts';
import { beginJob, endJob, resumeJob, startMain, SubmittedJob } from './submitted-job.ts';

const DEFAULT_FILE_NAME = 'job.ts';
const NODE_ID_BYTES = 16;
/** A hash of a module is the first 128 bits of its code's SHA-256, in hexadecimal. */
const HASH_CHARS = 32;
const RETRY_SAVE_MS = 5_000;

/** What the service needs. */
export interface JobServiceParts {
  readonly plane: ControlPlane;
  readonly relay: Relay;
  readonly files: JobFiles;
  readonly logs: LogFiles;
  /** Without one only bundles can be submitted. */
  readonly bundler: JobBundler | undefined;
  readonly warn: (message: string) => void;
}

/** A module ready to run, with what is kept of where it came from. */
interface ReadyModule {
  readonly hash: string;
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
  readonly fileName: string;
  readonly source: string | null;
}

/** What `main` is given. */
interface MainArgument {
  readonly value: unknown;
  readonly encoded: Uint8Array;
}

type Described = Pick<JobRecord, 'name' | 'submitter' | 'purpose' | 'priority' | 'trust'>;

/** The submitted jobs of one server. */
export class JobService implements JobServicePort {
  readonly #parts: JobServiceParts;
  readonly #plane: ControlPlane;
  readonly #files: JobFiles;
  readonly #submitted: Set<number>;
  /** Jobs whose result lies in their folder. */
  readonly #withResult = new Set<number>();
  /** Of jobs that ended under a release that kept this in a file. */
  readonly #formerFunctions = new Map<number, readonly FunctionProgress[]>();

  private constructor(parts: JobServiceParts, submitted: Set<number>) {
    this.#parts = parts;
    this.#plane = parts.plane;
    this.#files = parts.files;
    this.#submitted = submitted;
  }

  /** Takes up the jobs of an earlier life of the server. */
  static async start(parts: JobServiceParts): Promise<JobService> {
    const service = new JobService(parts, await parts.files.load((job) => parts.plane.gcs.state.jobs.has(job)));
    await service.#resumeAll();
    return service;
  }

  async submit(submission: Submission): Promise<number> {
    const { args, name, submitter = '', purpose = '', priority = 1, trust = 'own' } = submission;
    // Before a sandbox is asked: what cannot be sent is refused at once.
    const argument = { value: args, encoded: encodeMainArgument(args) };
    const module = await this.#moduleOf(submission);
    const described = { name: name ?? nameOf(module.fileName), submitter, purpose, priority, trust };
    return this.#begin(module, described, argument);
  }

  async check(source: string, fileName: string): Promise<Check> {
    const { problems, job } = await this.#bundler().bundle({ source, fileName }, { types: true });
    return {
      problems: [...problems],
      hasMain: job?.hasMain ?? false,
      args: job?.args ?? null,
      functions: [...(job?.functions ?? [])],
    };
  }

  async rerun(job: number, { args }: { readonly args?: unknown }): Promise<number> {
    const former = this.#plane.gcs.state.jobs.get(job);
    const meta = await this.#files.meta(job);
    const module = meta && this.#plane.gcs.state.modules.get(meta.module);
    if (!meta || !former || !module) throw new RangeError(`job ${job} was not submitted here: it cannot be run again`);
    const { code, sourceMap, hash } = module;
    const { fileName, source } = meta;
    const value = args === undefined ? meta.args : args;
    const argument = { value, encoded: encodeMainArgument(value) };
    if (args !== undefined && source !== null && this.#parts.bundler) {
      const { misfits = [] } = await this.#parts.bundler.bundle({ source, fileName, argument: { value: args } });
      refuse(misfits);
    }
    return this.#begin({ hash, code, sourceMap, fileName, source }, former, argument);
  }

  async remove(id: number): Promise<void> {
    this.#plane.step((gcs) => {
      const job = gcs.state.jobs.get(id);
      if (job) gcs.jobs.remove(job);
    });
    this.#submitted.delete(id);
    this.#withResult.delete(id);
    this.#formerFunctions.delete(id);
    this.#plane.logs.remove(id);
    await this.#parts.logs.remove(id);
    await Promise.all([this.#files.remove(id), this.#durable()]);
  }

  isSubmitted(job: number): boolean {
    return this.#submitted.has(job);
  }

  hasSource(job: number): boolean {
    return this.#submitted.has(job);
  }

  async source(job: number): Promise<JobSource | undefined> {
    const meta = await this.#files.meta(job);
    return meta && { fileName: meta.fileName, source: meta.source, args: meta.args ?? null };
  }

  hasResult(job: number): boolean {
    return this.#withResult.has(job);
  }

  error(id: number): JobError | undefined {
    const job = this.#plane.gcs.state.jobs.get(id);
    return job?.status === 'failed' && job.result.length > 0 ? readError(job.result) : undefined;
  }

  artefacts(job: number): readonly Artefact[] {
    return this.#files.artefacts(job);
  }

  functions(id: number): readonly FunctionProgress[] {
    const job = this.#plane.gcs.state.jobs.get(id);
    if (!job) return [];
    return this.#formerFunctions.get(id) ?? functionProgress(job);
  }

  /** Resolves when what was to be written is written. */
  async close(): Promise<void> {
    await this.#plane.logs.settled();
    await Promise.all([this.#files.settled(), this.#parts.logs.flush()]);
  }

  #bundler(): JobBundler {
    const { bundler } = this.#parts;
    if (!bundler) throw new RangeError('this server bundles no sources: submit a bundle, as `daylight submit` does');
    return bundler;
  }

  async #moduleOf({ source, bundle, args, fileName = DEFAULT_FILE_NAME }: Submission): Promise<ReadyModule> {
    const encoder = new TextEncoder();
    if (bundle) {
      const code = encoder.encode(bundle.code);
      const hash = createHash('sha256').update(code).digest('hex').slice(0, HASH_CHARS);
      return { hash, code, sourceMap: encoder.encode(bundle.sourceMap), fileName, source: null };
    }
    if (source === undefined) throw new SourceProblems([problem(fileName, 'there is no source')]);
    const {
      problems,
      job,
      misfits = [],
    } = await this.#bundler().bundle({ source, fileName, argument: { value: args } });
    if (!job) throw new SourceProblems(problems);
    if (!job.hasMain)
      throw new SourceProblems([
        problem(fileName, 'it has no main: add "export default async function main(args) { … }"'),
      ]);
    refuse(misfits);
    return {
      hash: job.hash,
      code: encoder.encode(job.code),
      sourceMap: encoder.encode(job.sourceMap),
      fileName,
      source,
    };
  }

  async #begin(module: ReadyModule, described: Described, argument: MainArgument): Promise<number> {
    const { name, submitter, purpose, priority, trust } = described;
    const { fileName, source, hash } = module;
    const begun = this.#plane.step((gcs) => {
      const nodeId = randomBytes(NODE_ID_BYTES).toString('hex');
      return beginJob(gcs, { name, nodeId, module, submitter, purpose, priority, trust });
    });
    const { job } = begun;
    const meta = { module: hash, fileName, source, ...(argument.value === undefined ? {} : { args: argument.value }) };
    this.#submitted.add(job.id);
    await Promise.all([this.#files.writeMeta(job.id, meta), this.#durable()]);
    this.#plane.step((gcs) => {
      // Before anything is told: the first word may be that it is over.
      this.#attach(job, begun.session);
      startMain(gcs, begun, { module, args: argument.encoded });
    });
    await this.#durable();
    return job.id;
  }

  async #resumeAll(): Promise<void> {
    const { gcs } = this.#plane;
    for (const job of gcs.state.jobs.values()) {
      if (job.status !== 'running') {
        const former = job.functions.size === 0 ? await this.#files.functions(job.id) : undefined;
        if (former) this.#formerFunctions.set(job.id, former);
        if (await this.#files.hasResult(job.id)) this.#withResult.add(job.id);
        continue;
      }
      const session = gcs.state.sessions.get(job.session);
      if (job.kind !== 'submitted' || !session || session.state === 'dead') continue;
      // What it prints from now on is numbered behind what it printed before.
      await this.#plane.logs.load(job.id);
      this.#attach(job, session);
      this.#plane.step((tables) => resumeJob(tables, job, session));
    }
  }

  #attach(job: JobRecord, session: SessionRecord): void {
    const { relay } = this.#parts;
    const end = (error: Uint8Array | undefined): void => {
      this.#plane.step((gcs) => endJob(gcs, job, session, error));
      this.#plane.localDrivers.remove(session.id);
    };
    this.#plane.localDrivers.add(
      session.id,
      new SubmittedJob(job.id, session.id, {
        fetch: (frame) => relay.ask(session.id, frame),
        want: (object) =>
          this.#plane.step((gcs) => gcs.applyRecords(session, session.heard + 1, [{ kind: 'want', object }])),
        after: (delayMs, callback) => void this.#plane.clock.after(delayMs, callback),
        // That it is over cannot be taken back: first the result is on the disk (rule L2).
        succeeded: (archive) =>
          void this.#saved(job.id, () => this.#files.writeResult(job.id, archive)).then(async () => {
            this.#withResult.add(job.id);
            await this.#written(job.id);
            end(undefined);
          }),
        failed: (error) => void this.#written(job.id).then(() => end(error)),
        stopped: () => {
          this.#plane.step((gcs) => {
            if (session.state !== 'dead') gcs.sessions.end(session, 'its job was ended');
            gcs.settle();
          });
          this.#plane.localDrivers.remove(session.id);
        },
      }),
    );
  }

  /** Who sees that the job is over finds what it printed, whatever becomes of the server then. */
  async #written(job: number): Promise<void> {
    // Its first lines may still wait for what its file says.
    await this.#plane.logs.load(job);
    await this.#parts.logs.flush();
  }

  /** Writes, again and again while the disk does not take it. */
  async #saved(job: number, write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        this.#parts.warn(
          `the files of job ${job} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        );
        if (!this.#plane.gcs.state.jobs.has(job)) return;
        await new Promise<void>((resolve) => this.#plane.clock.after(RETRY_SAVE_MS, resolve));
      }
    }
  }

  #durable(): Promise<void> {
    return new Promise((resolve) => this.#plane.commits.whenDurable(resolve));
  }
}

/** @throws ArgumentRefused if the argument does not fit the form of its job */
function refuse(misfits: readonly string[]): void {
  if (misfits.length > 0) throw new ArgumentRefused(misfits.join('; '));
}

function problem(file: string, message: string) {
  return { file, line: 1, column: 1, message, severity: 'error', source: 'bundle' } as const;
}

/** A job is known by its file. */
function nameOf(fileName: string): string {
  return path.parse(fileName).name;
}

/** The first of the errors in a record, as text: no class of it is revived (rule T3). */
function readError(bytes: Uint8Array): JobError {
  try {
    const [first] = errorRecordCodec.read(new ByteReader(bytes)).links;
    if (first) return { name: first.name, message: first.message, stack: first.stack };
  } catch {
    // Of a driver of another release, perhaps.
  }
  return { name: 'Error', message: 'the error cannot be read', stack: '' };
}
