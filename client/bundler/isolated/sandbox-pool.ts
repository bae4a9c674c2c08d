// Sandboxes, one for each source: none has a past or a future. One waits ready, so that an editor has its answer while a person
// still looks; the next is started when it was used.

import path from 'node:path';
import type { Problem } from '#shared/api/schemas.ts';
import type { SourceOutcome } from '#shared/ports/job-bundler.ts';
import { Sandbox, planSandbox } from './sandbox.ts';
import type { SandboxPlan, SandboxResult } from './sandbox.ts';
import type { PoolSettings, SourceRequest } from './sandbox-messages.ts';

/** Sources that are bundled side by side. */
export const MAX_AT_ONCE = 2;
/** A sandbox that waited so long for a source is given up: an idle server keeps no more than it must. */
const SPARE_IDLE_MS = 5 * 60_000;
const TYPED_SCRIPT = /\.[cm]?tsx?$/;

export class SandboxPool {
  readonly #settings: PoolSettings;
  readonly #onTrouble: (message: string) => void;
  readonly #running = new Set<Sandbox>();
  readonly #waiting: (() => void)[] = [];
  #plan: SandboxPlan | undefined;
  #spare: Sandbox | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #atWork = 0;
  #closed = false;

  /** @param onTrouble hears of sandboxes that died */
  constructor(settings: PoolSettings, onTrouble: (message: string) => void) {
    this.#settings = settings;
    this.#onTrouble = onTrouble;
  }

  /** Bundles a source when it is its turn. Rejects if no sandbox can be started. */
  async bundle(request: SourceRequest): Promise<SourceOutcome> {
    if (this.#atWork >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#atWork += 1;
    try {
      return await this.#bundle(request);
    } finally {
      // Whoever waits longest goes on in the place of the one that leaves.
      const next = this.#waiting.shift();
      if (next === undefined) this.#atWork -= 1;
      else next();
    }
  }

  /** Ends all processes at once. */
  close(): void {
    this.#closed = true;
    this.#takeSpare()?.end();
    for (const sandbox of this.#running) sandbox.end();
  }

  async #bundle({ types, ...input }: SourceRequest): Promise<SourceOutcome> {
    const { fileName } = input;
    const { packagesDir, workingDir, timeLimitMs } = this.#settings;
    const plan = (this.#plan ??= planSandbox(packagesDir, workingDir));
    const sandbox = this.#takeSpare() ?? new Sandbox(plan);
    this.#running.add(sandbox);
    try {
      await sandbox.ready;
      const checked = types && plan.typeScript !== undefined && TYPED_SCRIPT.test(fileName);
      const typeLibrary = checked ? path.dirname(plan.typeScript.file) : null;
      const result = await sandbox.run({ ...input, typeLibrary, packagesDir }, timeLimitMs);
      if (result.end === 'died') this.#onTrouble(`bundling ${fileName}: ${result.reason}`);
      return outcomeOf(result, fileName, timeLimitMs);
    } finally {
      sandbox.end();
      this.#running.delete(sandbox);
      this.#prepareSpare(plan);
    }
  }

  #takeSpare(): Sandbox | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    clearTimeout(this.#spareTimer);
    if (spare?.isAlive !== false) return spare;
    spare.end();
    return undefined;
  }

  #prepareSpare(plan: SandboxPlan): void {
    if (this.#closed || this.#spare !== undefined) return;
    this.#spare = new Sandbox(plan);
    this.#spareTimer = setTimeout(() => this.#takeSpare()?.end(), SPARE_IDLE_MS);
  }
}

function outcomeOf(
  { end, bundled, typeProblems = [] }: SandboxResult,
  fileName: string,
  timeLimitMs: number,
): SourceOutcome {
  const start = { file: fileName, line: 1, column: 1 };
  const seconds = timeLimitMs / 1000;
  if (bundled !== undefined) {
    const unchecked: Problem = {
      ...start,
      message: `types were not checked: that took longer than ${seconds} s`,
      severity: 'warning',
      source: 'type',
    };
    return {
      ...bundled,
      problems: [...bundled.problems, ...typeProblems, ...(end === 'time' ? [unchecked] : [])],
    };
  }
  const message =
    end === 'time'
      ? `bundling took longer than ${seconds} s and was stopped: make the job smaller, or bundle it on your own machine: daylight submit`
      : 'the bundler gave up on this source: it is nested too deeply, or needs more memory than it may take';
  return { problems: [{ ...start, message, severity: 'error', source: 'bundle' }] };
}
