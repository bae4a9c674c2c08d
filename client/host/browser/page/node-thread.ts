/**
 * The raylet's worker as the page sees it: started, told what the person wants, ended. The page is not on the path of data;
 * it makes the sandbox frames, and says good-bye when it is closed, for which a worker gets no time.
 */
import { proxy, type Remote, wrap } from 'comlink';
import type { TabNodeApi, TabNodeOptions, TabSession } from '../node/tab-node-api.ts';
import type { TabSettings, TabStatus } from '../tab-status.ts';
import type { RunningNode, RunningNodeEvents } from './elected-donor.ts';
import { PageFrames } from './page-frames.ts';

/** How long a stop may take before the worker is ended all the same. */
const STOP_LIMIT_MS = 900;

/** A node running in this page. */
export class NodeThread implements RunningNode {
  readonly #worker: Worker;
  readonly #api: Remote<TabNodeApi>;
  readonly #frames = new PageFrames();
  readonly #options: TabNodeOptions;
  readonly #hide: () => void;
  #session: TabSession | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: TabNodeOptions, events: RunningNodeEvents) {
    this.#options = options;
    this.#worker = new Worker(new URL('../raylet-worker.ts', import.meta.url), {
      type: 'module',
      name: 'Daylight node',
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      events.onFailed(event.message === '' ? 'the program of the node could not be loaded' : event.message);
    });
    this.#api = wrap<TabNodeApi>(this.#worker);
    this.#hide = () => this.#leaveNotice();
    window.addEventListener('pagehide', this.#hide);
    void this.#api
      .start(
        options,
        proxy({
          createFrame: (frameId: number, url: string, control: MessagePort) => {
            if (!this.#stopped) this.#frames.createFrame(frameId, url, control);
          },
          removeFrame: (frameId: number) => this.#frames.removeFrame(frameId),
          onStatus: (status: TabStatus) => {
            if (!this.#stopped) events.onStatus(status);
          },
          onSession: (session: TabSession) => (this.#session = session),
        }),
      )
      .catch((error: unknown) => events.onFailed(error instanceof Error ? error.message : String(error)));
  }

  setPaused(isPaused: boolean): void {
    this.#tell(this.#api.setPaused(isPaused));
  }

  snoozeUntil(wallMs: number): void {
    this.#tell(this.#api.snoozeUntil(wallMs));
  }

  setCharging(isCharging: boolean | undefined): void {
    this.#tell(this.#api.setCharging(isCharging));
  }

  change(settings: TabSettings): void {
    this.#tell(this.#api.change(settings));
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /** The frames go first: with them everything that computes. */
  async #stop(): Promise<void> {
    window.removeEventListener('pagehide', this.#hide);
    this.#frames.removeAll();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, STOP_LIMIT_MS));
    await Promise.race([this.#api.stop('its owner stopped it').catch(() => undefined), limit]);
    this.#worker.terminate();
  }

  /** Nobody waits for the answer; that the node could not be started is told otherwise. */
  #tell(said: Promise<unknown>): void {
    said.catch(() => undefined);
  }

  /** Tells the server at once that this node is gone: its worker dies with the page, without a word. */
  #leaveNotice(): void {
    if (!this.#session) return;
    const body = JSON.stringify({ ...this.#session, nodeId: this.#options.nodeId });
    navigator.sendBeacon(`${this.#options.url}/donate/leave`, body);
  }
}
