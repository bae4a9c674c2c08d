/**
 * The program of a sandbox worker: job code runs here. It is built into one classic script that the sandbox document holds
 * and starts from a `data:` address (a `blob:` worker of an opaque frame is no secure context: no WebGPU).
 *
 * Order matters: what the runtime needs is taken first, then the realm is hardened, then the link to the raylet is opened,
 * over which the first job code comes.
 */
import { mapStack } from '#client/bundler/stack-mapper.ts';
import { type WebPort, webPortTransport } from '#client/transport/web-port-transport.ts';
import { ToldBudget } from '#client/worker/told-budget.ts';
import { startWorker } from '#client/worker/worker-runtime.ts';
import { OutOfMemoryError } from '#shared/errors/daylight-error.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { browserClock, turnTaker } from './browser-clock.ts';
import { openGpu } from './gpu.ts';
import { formatLog } from './sandbox/format-log.ts';
import { framePacer } from './sandbox/frame-pacer.ts';
import { harden } from './sandbox/harden.ts';
import { MemoryGuard } from './sandbox/memory-guard.ts';
import type { SandboxWorkerSettings, WorkerStart } from './sandbox/sandbox-messages.ts';

const MEGABYTE = 2 ** 20;
const MEMORY_REPORT_MS = 1_000;

/** The global scope of a worker, as far as it is used here: the DOM's types describe a page. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerStart>) => void, options: object): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  addEventListener(type: 'unhandledrejection', listener: (event: PromiseRejectionEvent) => void): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;
const close = scope.close.bind(scope);

function start({ workerId, nodeName, randomSeed, bufferLimitBytes }: SandboxWorkerSettings, port: WebPort): void {
  const clock = browserClock();
  const defer = turnTaker();
  const wallClockMs = Date.now.bind(Date);
  const { gpu } = navigator;
  let hasGpu = false;
  const guard = new MemoryGuard(bufferLimitBytes, {
    later: (delayMs, callback) => void clock.after(delayMs, callback),
    exceeded(heldBytes) {
      const message = `the task holds ${megabytes(heldBytes)} of buffers; ${megabytes(bufferLimitBytes)} is the limit in this browser`;
      worker.exceeded(END_REASON.outOfMemory, message);
      return new OutOfMemoryError(message);
    },
  });
  harden(globalThis, () => (hasGpu ? gpu : undefined));
  guard.install(globalThis);
  const worker = startWorker(webPortTransport(port, { handsOver: true }), {
    clock,
    wallClockMs,
    budget: new ToldBudget(),
    pacer: framePacer(clock, defer),
    allocate: (sizeBytes) => new ArrayBuffer(sizeBytes),
    mapStack: (stack, sourceMapOf) => mapStack(stack, sourceMapOf),
    node: nodeName,
    randomSeed,
    threadId: workerId,
    defer,
    formatLog,
    exit: close,
    openGpu: async () => {
      const device = await openGpu(gpu);
      hasGpu = true;
      return device;
    },
  });
  // Left alone, a promise that a task forgot to await would be lost without a word.
  scope.addEventListener('error', (event) => {
    event.preventDefault();
    worker.reportUncaught(event.error);
  });
  scope.addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    worker.reportUncaught(event.reason);
  });
  const reportMemory = (lastBytes: number): void => {
    const { heldBytes } = guard;
    if (Math.abs(heldBytes - lastBytes) >= MEGABYTE) worker.reportMemory(0, heldBytes);
    clock.after(MEMORY_REPORT_MS, () => reportMemory(heldBytes));
  };
  reportMemory(0);
}

function megabytes(sizeBytes: number): string {
  return `${Math.round(sizeBytes / MEGABYTE)} MB`;
}

scope.addEventListener(
  'message',
  ({ data, ports }) => {
    const [port] = ports;
    if (port) start(data.settings, port as unknown as WebPort);
  },
  { once: true },
);
