/**
 * What a tab that lends its machine shows of itself, and what its owner may set: the words between the raylet's worker,
 * the page that started it, and the other tabs of the same browser. Structured clones of plain data.
 */

/** Where the tab's node stands. */
export type TabPhase =
  /** Not started, or stopped by its owner. */
  | 'stopped'
  /** Looks for the server for the first time. */
  | 'connecting'
  /** In the cluster; `runningTasks` tells whether there is work. */
  | 'joined'
  /** In the cluster, takes no work: see `pauseReasons`. */
  | 'paused'
  /** The server is away; tried again in `retryInMs`. What is being computed goes on. */
  | 'reconnecting'
  /** It cannot go on: see `problem`. */
  | 'failed';

/** Why a tab takes no work. */
export type PauseReason =
  /** Its owner paused it. */
  | 'user'
  /** Its owner paused it for some hours: until `snoozedUntilMs`. */
  | 'snooze'
  /** It may work only while the machine charges, and it does not. */
  | 'battery';

/** Why a tab cannot go on. */
export type ProblemCode =
  /** The key in the link is missing or not valid. */
  | 'key'
  /** The page and the server are of different releases. */
  | 'version'
  /** Another tab, or another copy of this browser profile, took the place. */
  | 'taken-over'
  /** The sandbox in which jobs run cannot be made. */
  | 'sandbox'
  /** Anything else; `message` says what. */
  | 'other';

/** A problem in one sentence for a person. */
export interface TabProblem {
  readonly code: ProblemCode;
  readonly message: string;
}

/** A job that ran or runs here. */
export interface TabJob {
  readonly job: number;
  readonly name: string;
  /** Who runs it; empty if that was not said. */
  readonly submitter: string;
  /** What for; empty if that was not said. */
  readonly purpose: string;
  readonly runningTasks: number;
  /** Tasks of it that ended here. */
  readonly doneTasks: number;
}

/** A GPU as a browser tells of it. */
export interface TabGpu {
  readonly vendor: string;
  readonly architecture: string;
  /** True for a software stand-in, which is no GPU to the scheduler unless a setting allows it. */
  readonly isFallback: boolean;
  /** Whether it is offered to the cluster. */
  readonly isOffered: boolean;
}

/** Everything a page shows; the newest replaces the one before. */
export interface TabStatus {
  readonly phase: TabPhase;
  readonly pauseReasons: readonly PauseReason[];
  /** Milliseconds since 1970; 0 for no snooze. */
  readonly snoozedUntilMs: number;
  /** Until the next try to reach the server; undefined while one is under way. */
  readonly retryInMs: number | undefined;
  /** Why the server is out of reach. */
  readonly trouble: string;
  readonly problem: TabProblem | undefined;
  /** The node's number in the cluster; 0 before it joined. */
  readonly session: number;
  readonly nodeName: string;
  /** False where the cluster does not know this browser's owner (a public cluster, joined without its key). */
  readonly isTrusted: boolean;
  /** Cores lent. */
  readonly cores: number;
  readonly gpu: TabGpu | undefined;
  /** Jobs with tasks running first, then the last few that are over. */
  readonly jobs: readonly TabJob[];
  readonly runningTasks: number;
  readonly queuedTasks: number;
  readonly doneTasks: number;
  readonly failedTasks: number;
  /** Cores that were busy with tasks lately, from 0 to `cores`. */
  readonly busyCores: number;
  /** Buffers that the job code here holds; a browser does not tell of a worker's JavaScript heap. */
  readonly jobMemoryBytes: number;
  /** Values kept for the cluster: in memory, and in this browser's storage. */
  readonly storeMemoryBytes: number;
  readonly storeDiskBytes: number;
  /** Object bytes to and from other nodes. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Since the node was started here. */
  readonly upMs: number;
}

/** What a tab shows before it is started. */
export const STOPPED: TabStatus = {
  phase: 'stopped',
  pauseReasons: [],
  snoozedUntilMs: 0,
  retryInMs: undefined,
  trouble: '',
  problem: undefined,
  session: 0,
  nodeName: '',
  isTrusted: true,
  cores: 0,
  gpu: undefined,
  jobs: [],
  runningTasks: 0,
  queuedTasks: 0,
  doneTasks: 0,
  failedTasks: 0,
  busyCores: 0,
  jobMemoryBytes: 0,
  storeMemoryBytes: 0,
  storeDiskBytes: 0,
  sentBytes: 0,
  receivedBytes: 0,
  upMs: 0,
};

/** What the owner of the browser chose. */
export interface TabSettings {
  /** Cores to lend, at least 1. */
  readonly cores: number;
  /** Work only while the machine charges, where the browser knows. */
  readonly onlyWhileCharging: boolean;
  /** Offer the GPU to the cluster. */
  readonly shareGpu: boolean;
  /** Offer a software stand-in for a GPU too: slow, for tests. */
  readonly allowSoftwareGpu: boolean;
  /** Bytes of this browser's storage that values may take. */
  readonly diskLimitBytes: number;
}
