/**
 * What the dashboard gets over socket.io while it is open: states, never single events, at 1 to 4 Hz. A snapshot replaces the one
 * before; one that is lost is missed by nobody.
 */
import type { Artefact, Cluster, Event, FunctionProgress, Job, Node, Page } from './schemas.ts';

/** The namespace of the socket, beside that of nodes. */
export const LIVE_NAMESPACE = '/live';
/** Names of the two messages: {@link LiveInterest} to the server, {@link LiveSnapshot} from it. */
export const LIVE_EVENTS = { interest: 'interest', snapshot: 'snapshot' } as const;
/** Rows of one table in a snapshot. */
export const LIVE_ROWS = 200;

/** From the browser: what it shows now. Each message replaces the one before. */
export interface LiveInterest {
  /** Also tell of this job: its functions and files. */
  readonly job?: string;
}

/** From the server. */
export interface LiveSnapshot {
  readonly cluster: Cluster;
  /** Running jobs, then the newest others. */
  readonly jobs: readonly Job[];
  /** Those that left within the last minute, connected ones, those with work first, then the others. */
  readonly nodes: readonly Node[];
  /** The newest events of severity warning or error. */
  readonly alerts: readonly Event[];
  readonly job?: {
    readonly job: Job;
    readonly functions: Page<FunctionProgress>['items'];
    readonly artefacts: Page<Artefact>['items'];
    /** Number of its last log line: more than was fetched, and there is more to fetch. */
    readonly lastLogLine: number;
  };
}
