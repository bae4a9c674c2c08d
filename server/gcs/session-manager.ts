/**
 * Membership (rules M1–M3): who is in, since when silent, when dead for good.
 *
 * A session is one life of a node: (node id, epoch). It survives broken connections and restarts of the server; once it
 * is declared dead its word is refused for ever and the node returns as a new session. After a start of the server
 * there is a grace in which nothing expires and nothing is rescheduled, until every node it knew has reported.
 */
import { MAX_SESSION_NUMBER, type ObjectKey } from '#shared/ids/object-key.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { NodeResources } from '#shared/task/resources.ts';
import type { NodeLoad, SessionRecord, TaskRecord } from './entities.ts';
import type { GcsState } from './state.ts';

export const NO_LOAD: NodeLoad = {
  queuedUs: 0,
  queuedTasks: 0,
  runningTasks: 0,
  freeCpuMilli: 0,
  storeBytes: 0,
  workers: 0,
  rssBytes: 0,
};

/** Times after which sessions die; see `GcsOptions`. */
export interface SessionTimes {
  readonly graceMs: number;
  readonly hostDeadMs: number;
  readonly driverDeadMs: number;
}

/** What the GCS does when membership changes. */
export interface SessionHooks {
  joined(session: SessionRecord): void;
  died(session: SessionRecord, reason: string): void;
  reported(session: SessionRecord, report: SessionFrameOf<'report'>): void;
  graceEnded(): void;
}

/** All sessions. */
export class SessionManager {
  readonly #state: GcsState;
  readonly #times: SessionTimes;
  readonly #hooks: SessionHooks;
  #nextSession = 1;
  #living = 0;
  #epochs = new Map<string, number>();
  #graceUntilMs = 0;
  /** Actors a node reported that are not known yet. */
  readonly lateActors = new Map<ObjectKey, { session: number; incarnation: number }>();
  /** Leases a node reported of tasks whose submission has not arrived again. */
  readonly lateLeases = new Map<ObjectKey, { session: number; attempt: number }>();
  /** Leases on our books that the node does not know; they go round again after the grace. */
  readonly pendingLeases = new Set<TaskRecord>();

  constructor(state: GcsState, times: SessionTimes, hooks: SessionHooks) {
    this.#state = state;
    this.#times = times;
    this.#hooks = hooks;
  }

  get inGrace(): boolean {
    return this.#state.grace;
  }

  /** A server that has state from an earlier life waits for its nodes. */
  startGrace(): void {
    this.#state.grace = true;
    this.#graceUntilMs = this.#state.nowMs + this.#times.graceMs;
  }

  /** Puts back a session read from disk: not connected, and not heard of yet. */
  restore(session: SessionRecord): void {
    this.#state.sessions.set(session.id, session);
    this.#nextSession = Math.max(this.#nextSession, session.id + 1);
    this.#epochs.set(session.nodeId, Math.max(this.#epochs.get(session.nodeId) ?? 0, session.epoch));
    if (session.state === 'dead') return;
    this.#living += 1;
    this.#hooks.joined(session);
  }

  /** The session named by a hello, if it still lives. */
  find(hello: SessionFrameOf<'hello'>): SessionRecord | undefined {
    const session = this.#state.sessions.get(hello.session);
    if (!session || session.state === 'dead') return undefined;
    return session.nodeId === hello.nodeId && session.epoch === hello.epoch ? session : undefined;
  }

  /** Opens a new session. @throws RangeError when session numbers are used up. */
  open(hello: SessionFrameOf<'hello'>): SessionRecord {
    if (this.#nextSession > MAX_SESSION_NUMBER) throw new RangeError('this cluster has used up its session numbers');
    const epoch = (this.#epochs.get(hello.nodeId) ?? 0) + 1;
    this.#epochs.set(hello.nodeId, epoch);
    const session: SessionRecord = {
      id: this.#nextSession,
      nodeId: hello.nodeId,
      nodeName: hello.nodeName,
      epoch,
      role: hello.role,
      platform: hello.platform,
      resources: new NodeResources(hello.cpuMilli, new Map(hello.resources.map(({ name, milli }) => [name, milli]))),
      job: undefined,
      state: 'connected',
      sinceMs: this.#state.nowMs,
      lastFrameMs: this.#state.nowMs,
      joinedMs: this.#state.wallMs,
      received: 0,
      reportedUpTo: 0,
      functions: [],
      options: [],
      assigned: new Set(),
      copies: new Set(),
      holdings: new Set(),
      sentFunctions: new Map(),
      sentOptions: new Map(),
      load: NO_LOAD,
      peersTold: -1,
      executed: 0,
    };
    this.#nextSession += 1;
    this.#living += 1;
    this.#state.sessions.set(session.id, session);
    this.#state.dirty.sessions.add(session.id);
    this.#hooks.joined(session);
    this.#event(session, 'info', 'node-joined', `${session.nodeName} joined`);
    return session;
  }

  /** The session has a connection (again). */
  connected(session: SessionRecord): void {
    session.state = 'connected';
    session.sinceMs = this.#state.nowMs;
    session.lastFrameMs = this.#state.nowMs;
  }

  disconnected(session: SessionRecord): void {
    if (session.state !== 'connected') return;
    session.state = 'disconnected';
    session.sinceMs = this.#state.nowMs;
  }

  /** Takes a node's report after a start of the server. */
  report(session: SessionRecord, report: SessionFrameOf<'report'>): void {
    session.reportedUpTo = report.lastRecord;
    this.#hooks.reported(session, report);
  }

  /** Ends a session at its own wish or because it misbehaved. */
  end(session: SessionRecord, reason: string): void {
    this.#die(session, reason);
  }

  /** Lets time pass. */
  tick(): void {
    if (this.#state.grace) {
      if (this.#state.nowMs < this.#graceUntilMs && !this.#allReported()) return;
      this.#state.grace = false;
      // Nobody expires for time the server was away: what is still missing starts to count now.
      for (const session of this.#state.sessions.values())
        if (session.state === 'disconnected') session.sinceMs = this.#state.nowMs;
      this.#hooks.graceEnded();
      return;
    }
    for (const session of this.#state.sessions.values()) {
      if (session.state !== 'disconnected') continue;
      const away = this.#state.nowMs - session.sinceMs;
      const limit = session.role === 'driver' ? this.#times.driverDeadMs : this.#times.hostDeadMs;
      if (away >= limit) this.#die(session, `no connection for ${Math.round(away / 1000)} s`);
    }
  }

  /** Sessions that are not over. */
  get livingCount(): number {
    return this.#living;
  }

  #allReported(): boolean {
    for (const session of this.#state.sessions.values()) {
      if (session.state !== 'dead' && session.received < session.reportedUpTo) return false;
    }
    return true;
  }

  #die(session: SessionRecord, reason: string): void {
    if (session.state === 'dead') return;
    session.state = 'dead';
    session.load = NO_LOAD;
    this.#living -= 1;
    session.sinceMs = this.#state.nowMs;
    this.#state.dirty.sessions.add(session.id);
    this.#event(session, 'warning', 'node-left', `${session.nodeName} left: ${reason}`);
    this.#hooks.died(session, reason);
  }

  #event(session: SessionRecord, severity: 'info' | 'warning', kind: string, message: string): void {
    this.#state.ports.event({ severity, kind, message, job: session.job?.id ?? 0, session: session.id });
  }
}
