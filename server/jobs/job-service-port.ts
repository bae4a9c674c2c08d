/**
 * Submitted jobs as the HTTP API sees them. Implemented by `job-service.ts`.
 */
import type {
  Artefact,
  Check,
  FunctionProgress,
  JobError,
  JobSource,
  Problem,
  Submission,
} from '#shared/api/schemas.ts';

/** The source cannot be run as it is. */
export class SourceProblems extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems[0]?.message ?? 'the source is wrong');
    this.problems = problems;
  }
}

/** The argument is not one that `main` can be given. */
export class ArgumentRefused extends Error {}

/** Submitted jobs. Ids are those of jobs in the tables. Methods that name a job throw nothing if it is not a submitted one. */
export interface JobServicePort {
  /** Durable when it resolves. Rejects with {@link SourceProblems} and {@link ArgumentRefused}. */
  submit(submission: Submission): Promise<number>;
  check(source: string, fileName: string): Promise<Check>;
  /** The same source again. Rejects with RangeError if there is none, and with {@link ArgumentRefused}. */
  rerun(job: number, change: { readonly args?: unknown }): Promise<number>;
  /** Forgets a job that is over: its row, its log, its files. */
  remove(job: number): Promise<void>;
  isSubmitted(job: number): boolean;
  hasSource(job: number): boolean;
  source(job: number): Promise<JobSource | undefined>;
  hasResult(job: number): boolean;
  error(job: number): JobError | undefined;
  artefacts(job: number): readonly Artefact[];
  /** Progress by function of any job. */
  functions(job: number): readonly FunctionProgress[];
}
