// The processes in which one submitted source is bundled, and then no other: our own code without any right but reading a few
// folders, and esbuild and TypeScript, which have no descriptor left with which they could open a file. All are started with an
// empty environment, in an empty folder, under limits of the kernel. docs/adr/0015 says what each wall is for.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Problem } from '#shared/api/schemas.ts';
import type { SourceOutcome } from '#shared/ports/job-bundler.ts';
import { limitedCommand } from './resource-limits.ts';
import type { ResourceLimits } from './resource-limits.ts';
import { esbuildProgram, readablePlaces, typeScriptProgram } from './sandbox-files.ts';
import type { Program } from './sandbox-files.ts';
import type { SandboxAnswer, SandboxRequest } from './sandbox-messages.ts';

const MEBIBYTE = 2 ** 20;
const CPU_SECONDS = 10;
/** Node keeps more than half of this for itself before it does anything. */
const NODE_LIMITS: ResourceLimits = { memoryBytes: 1024 * MEBIBYTE, cpuSeconds: CPU_SECONDS, openFiles: 64 };
const NODE_HEAP_MEBIBYTES = 256;
/**
 * Input, output, errors, and the two that the Go runtime needs for its timers: so none for a file, a folder or a connection.
 * Counted on Linux, other systems' programs open files before they run.
 */
const HELPER_OPEN_FILES = process.platform === 'linux' ? 5 : 64;
/** What esbuild may take. */
export const ESBUILD_LIMITS: ResourceLimits = {
  memoryBytes: 512 * MEBIBYTE,
  cpuSeconds: CPU_SECONDS,
  openFiles: HELPER_OPEN_FILES,
};
const TYPESCRIPT_LIMITS: ResourceLimits = { ...ESBUILD_LIMITS, memoryBytes: 768 * MEBIBYTE };
/** Keeps the Go runtime from holding files of its control group open. */
const HELPER_ENVIRONMENT = { GOMAXPROCS: '2', GODEBUG: 'containermaxprocs=0,updatemaxprocs=0' };

const ENTRY: string = fileURLToPath(new URL('./sandbox-entry.ts', import.meta.url));
const TYPE_QUESTIONS = 'readFile,fileExists,directoryExists,getAccessibleEntries,realpath';
const ERROR_TEXT_CHARS = 2_000;

/** What the processes are; found once. */
export interface SandboxPlan {
  readonly esbuild: Program;
  /** Undefined if TypeScript is not installed. */
  readonly typeScript: Program | undefined;
  readonly readable: readonly string[];
  readonly packagesDir: string;
  /** An empty folder. */
  readonly workingDir: string;
}

/** How a run ended and what was said until then. */
export interface SandboxResult {
  readonly end: 'done' | 'time' | 'died';
  readonly bundled?: SourceOutcome;
  readonly typeProblems?: readonly Problem[];
  /** For the operator, if it died. */
  readonly reason?: string;
}

/** Finds the programs. @throws Error if esbuild is not installed */
export function planSandbox(packagesDir: string, workingDir: string): SandboxPlan {
  return {
    esbuild: esbuildProgram(),
    typeScript: typeScriptProgram(),
    readable: readablePlaces(packagesDir),
    packagesDir,
    workingDir,
  };
}

export class Sandbox {
  /** Rejects if it could not be started. */
  readonly ready: Promise<void>;
  readonly #processes: readonly ChildProcess[];
  readonly #worker: ChildProcess;
  readonly #died = Promise.withResolvers<string>();
  #isAlive = true;
  #errorText = '';

  constructor(plan: SandboxPlan) {
    const { esbuild, typeScript } = plan;
    const helpers = [
      startHelper(esbuild, [`--service=${esbuild.version}`, '--ping'], ESBUILD_LIMITS, plan),
      ...(typeScript === undefined
        ? []
        : [
            startHelper(
              typeScript,
              ['--api', '--async', '--cwd', '/job', `--callbacks=${TYPE_QUESTIONS}`],
              TYPESCRIPT_LIMITS,
              plan,
            ),
          ]),
    ];
    this.#worker = startWorker(plan, helpers);
    this.#processes = [this.#worker, ...helpers];
    this.#worker.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-ERROR_TEXT_CHARS);
    });
    for (const one of this.#processes) {
      one.on('error', (error) => this.#died.resolve(error.message));
      one.on('exit', () => (this.#isAlive = false));
    }
    this.#worker.on('exit', (code, signal) =>
      this.#died.resolve(`it ended with ${signal ?? `code ${code}`}\n${this.#errorText}`.trimEnd()),
    );
    this.ready = this.#begin();
    this.ready.catch(() => {}); // whoever runs something hears of it
  }

  /** False once one of its processes has ended. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Bundles one source. Never rejects for what is wrong with it. */
  async run(request: SandboxRequest, timeLimitMs: number): Promise<SandboxResult> {
    let bundled: SourceOutcome | undefined;
    let typeProblems: readonly Problem[] | undefined;
    const done = Promise.withResolvers<SandboxResult['end']>();
    this.#worker.on('message', (answer: SandboxAnswer) => {
      if (answer.kind === 'bundled') {
        const { kind: _kind, ...outcome } = answer;
        bundled = outcome;
      }
      if (answer.kind === 'typed') typeProblems = answer.problems;
      if (answer.kind === 'broken') this.#died.resolve(answer.message);
      if (bundled !== undefined && (typeProblems !== undefined || request.typeLibrary === null)) done.resolve('done');
    });
    const timer = setTimeout(() => done.resolve('time'), timeLimitMs);
    this.#worker.send(request);
    const end = await Promise.race([done.promise, this.#died.promise.then(() => 'died' as const)]);
    clearTimeout(timer);
    return {
      end,
      ...(bundled === undefined ? {} : { bundled }),
      ...(typeProblems === undefined ? {} : { typeProblems }),
      ...(end === 'died' ? { reason: await this.#died.promise } : {}),
    };
  }

  /** Ends all its processes at once. */
  end(): void {
    for (const one of this.#processes) one.kill('SIGKILL');
  }

  async #begin(): Promise<void> {
    const ready = new Promise<undefined>((resolve) => this.#worker.once('message', () => resolve(undefined)));
    const reason = await Promise.race([ready, this.#died.promise]);
    if (reason !== undefined) throw new Error(`The bundler's sandbox does not start: ${reason}`);
  }
}

/** A native program that talks through its pipes alone. */
function startHelper(
  program: Program,
  args: readonly string[],
  limits: ResourceLimits,
  plan: SandboxPlan,
): ChildProcess {
  const limited = limitedCommand(program.file, args, limits);
  return spawn(limited.command, limited.args, {
    cwd: plan.workingDir,
    env: { ...HELPER_ENVIRONMENT, GOMEMLIMIT: `${Math.floor((limits.memoryBytes / MEBIBYTE) * 0.75)}MiB` },
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
}

/** What Node lets the process with our code do. */
export function workerFlags(readable: readonly string[]): string[] {
  return [
    '--permission',
    '--allow-addons', // oxc-parser is one
    ...readable.map((place) => `--allow-fs-read=${place}`),
    '--disallow-code-generation-from-strings',
    `--max-old-space-size=${NODE_HEAP_MEBIBYTES}`,
    '--no-warnings',
  ];
}

/** The process with our code. It gets the helpers' pipes; here they are closed, so that nobody else holds them. */
function startWorker(plan: SandboxPlan, helpers: readonly ChildProcess[]): ChildProcess {
  const limited = limitedCommand(
    process.execPath,
    [...workerFlags(plan.readable), ENTRY, plan.esbuild.file],
    NODE_LIMITS,
  );
  const worker = spawn(limited.command, limited.args, {
    cwd: plan.workingDir,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...helpers.flatMap(({ stdin, stdout }) => [stdin, stdout])],
    serialization: 'advanced',
    windowsHide: true,
  });
  for (const { stdin, stdout } of helpers) {
    for (const stream of [stdin, stdout]) stream?.on('error', () => {}).destroy();
  }
  return worker;
}
