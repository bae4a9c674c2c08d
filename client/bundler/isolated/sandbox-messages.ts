// What goes between a server, the process that starts sandboxes for it, and a sandbox.

import type { Problem } from '#shared/api/schemas.ts';
import type { SourceOutcome, SubmittedSource } from '#shared/ports/job-bundler.ts';

/** Where and how long sandboxes work. */
export interface PoolSettings {
  readonly packagesDir: string;
  /** An empty folder. */
  readonly workingDir: string;
  readonly timeLimitMs: number;
}

/** A source to bundle. */
export interface SourceRequest extends SubmittedSource {
  /** Check its types too. */
  readonly types: boolean;
}

/** From the server. */
export interface ServiceQuestion {
  readonly id: number;
  readonly request: SourceRequest;
}

/** To the server. */
export type ServiceAnswer =
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: SourceOutcome }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string }
  | { readonly kind: 'trouble'; readonly message: string };

/** Sent once to a sandbox, when it is ready. */
export interface SandboxRequest extends SubmittedSource {
  readonly packagesDir: string;
  /** Folder with the declarations of the language; null without TypeScript, or if types are not asked for. */
  readonly typeLibrary: string | null;
}

/** In this order; `typed` only if types were asked for. */
export type SandboxAnswer =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'bundled' } & SourceOutcome)
  | { readonly kind: 'typed'; readonly problems: readonly Problem[] }
  | { readonly kind: 'broken'; readonly message: string };

/** Descriptors under which a sandbox finds the pipes of its helpers: input and output of each. */
export const ESBUILD_PIPES: readonly [number, number] = [4, 5];
export const TYPESCRIPT_PIPES: readonly [number, number] = [6, 7];
