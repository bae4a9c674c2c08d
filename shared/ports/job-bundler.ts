/**
 * The port to whoever turns a submitted source into a module, apart from the server: that runs no job code, and a bundler reads
 * files. What comes back was made under limits of time and memory.
 */
import type { Problem } from '../api/schemas.ts';

/** A source as somebody pasted or uploaded it. */
export interface SubmittedSource {
  readonly source: string;
  /** A plain file name, `job.ts`. */
  readonly fileName: string;
  /** What `main` is to be given, to be compared with the form that the source exports. */
  readonly argument?: { readonly value: unknown };
}

/** What a source has. */
export interface BundledJob {
  /** First 128 bits of the code's SHA-256 in hexadecimal. */
  readonly hash: string;
  readonly code: string;
  readonly sourceMap: string;
  /** It has a default export: a `main`. */
  readonly hasMain: boolean;
  /** Names of its remote functions and classes. */
  readonly functions: readonly string[];
  /** The JSON Schema that it exports as `args`, if it can be read without running it. */
  readonly args: Readonly<Record<string, unknown>> | null;
}

/** A job, or problems of which one is an error. */
export interface SourceOutcome {
  readonly problems: readonly Problem[];
  readonly job?: BundledJob;
  /** Sentences about the argument, if there was one; empty if it fits or there is no form. */
  readonly misfits?: readonly string[];
}

/** Bundles sources. */
export interface JobBundler {
  /** Never rejects for what is wrong with the source: `problems` says so, and without an error among them there is a `job`. */
  bundle(input: SubmittedSource, options?: { readonly types?: boolean }): Promise<SourceOutcome>;
  /** Ends what runs. */
  close(): Promise<void>;
}
