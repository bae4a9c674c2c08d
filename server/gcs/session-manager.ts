/**
 * Membership (rules M1–M4): who is in, since when silent, when dead for good, who took whose place.
 *
 * A session is one life of a node: (node id, epoch). It survives broken connections and restarts of the server; once it
 * is declared dead its word is refused for ever and the node returns as a new session. After a start of the server
 * there is a grace in which nothing expires and nothing is rescheduled, until every node it knew has reported.
 */
import { MAX_SESSION_NUMBER, type ObjectKey } from '#shared/ids/object-key.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { StrangerBook } from '../trust/stranger-book.ts';
import { type Label, type NodeLabels, ROLE_LABEL } from '#shared/task/node-labels.ts';
import { checkReportedCounts } from './counts.ts';
import type { NodeLoad, SessionRecord, TaskRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';
import { moveSession } from './lives.ts';
import { type Amounts, firstOffer, NOTHING, offerOf, offersWork } from './node-offer.ts';
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

/** The first version of the protocol whose nodes tell their labels. */
const TELLS_LABELS = 4;

/** Times after which sessions die; see `GcsOptions`. */
export interface SessionTimes {
  readonly graceMs: number;
  readonly hostDeadMs: number;
  readonly tabDeadMs: number;
  readonly driverDeadMs: number;
}

/** A closing page's last word, which comes beside the session's connection. */
export interface LeaveNotice {
  readonly session: number;
  readonly epoch: number;
  /** Nobody but the node and the server knows it: see `shown-node-id.ts`. */
  readonly nodeId: string;
}

/** What the GCS does when membership changes. */
export interface SessionHooks {
  joined(session: SessionRecord): void;
  /** It offers more or less than before. */
  offerChanged(session: SessionRecord): void;
  /** It has reported its load, or its connection came or went. */
  changed(session: SessionRecord): void;
  died(session: SessionRecord, reason: string): void;
  reported(session: SessionRecord, report: SessionFrameOf<'report'>): void;
  /** Everybody has said what there is to say, or had the time to. */
  graceEnds(): void;
  graceEnded(): void;
}

/** All sessions. */
export class SessionManager {
  readonly #state: GcsState;
  readonly #times: SessionTimes;
  readonly #hooks: SessionHooks;
  #nextSession = 1;
  /** Sessions from this number on were opened by this server. */
  #firstNew = 1;
  #living = 0;
  #epochs = new Map<string, number>();
  /** Sessions that are not over, by node. */
  readonly #livesOf = new Map<string, Set<SessionRecord>>();
  #graceUntilMs = 0;
  /** Actors a node reported that are not known yet. */
  readonly lateActors = new Map<ObjectKey, { session: number; incarnation: number }>();
  /** Leases a node reported of tasks whose submission has not arrived again. */
  readonly lateLeases = new Map<ObjectKey, { session: number; attempt: number }>();
  /** Leases on our books that the node does not know; they go round again after the grace. */
  readonly pendingLeases = new Map<TaskRecord, { readonly session: number; readonly attempt: number }>();

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
    this.#firstNew = this.#nextSession;
    this.#graceUntilMs = this.#state.nowMs + this.#times.graceMs;
  }

  /** True if a former server opened the session: it may have given it what is not on the books. */
  isFormer({ id }: SessionRecord): boolean {
    return id < this.#firstNew;
  }

  /** Puts back a session read from disk: not connected, and not heard of yet. */
  restore(session: SessionRecord): void {
    this.#state.sessions.set(session.id, session);
    this.#nextSession = Math.max(this.#nextSession, session.id + 1);
    this.#epochs.set(session.nodeId, Math.max(this.#epochs.get(session.nodeId) ?? 0, session.epoch));
    if (session.state === 'dead') return;
    this.#lives(session);
    this.#hooks.joined(session);
  }

  #lives(session: SessionRecord): void {
    this.#living += 1;
    const lives = this.#livesOf.get(session.nodeId);
    if (lives) lives.add(session);
    else this.#livesOf.set(session.nodeId, new Set([session]));
  }

  /** The session named by a hello, if it still lives and no later life of its node has taken its place. */
  find(hello: SessionFrameOf<'hello'>): SessionRecord | undefined {
    const session = this.#named(hello);
    return session?.state === 'dead' || session?.successor !== 0 ? undefined : session;
  }

  /** True if a later life of the node took the place of the session that this hello names: it is not to come back. */
  isSucceeded(hello: SessionFrameOf<'hello'>): boolean {
    return (this.#named(hello)?.successor ?? 0) !== 0;
  }

  #named({ session: id, epoch, nodeId }: LeaveNotice): SessionRecord | undefined {
    const session = this.#state.sessions.get(id);
    return session?.nodeId === nodeId && session.epoch === epoch ? session : undefined;
  }

  /**
   * Opens a new session. While an earlier life of the same node seems to live it gets no work until its node has
   * answered (see {@link answered}): a hello can come late, when its process has ended.
   *
   * @param trusted false for a node whose owner the cluster does not know
   * @throws RangeError when session numbers are used up.
   */
  open(hello: SessionFrameOf<'hello'>, trusted: boolean): SessionRecord {
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
      version: hello.version,
      trusted,
      book: trusted ? undefined : new StrangerBook(this.#state.objects, true),
      resources: offerOf(firstOffer(hello)),
      labels: hello.version < TELLS_LABELS ? labelsOf(hello.role, []) : undefined,
      facts: undefined,
      successor: 0,
      job: undefined,
      state: this.#hasRivals(hello, trusted) ? 'disconnected' : 'connected',
      sinceMs: this.#state.nowMs,
      lastFrameMs: this.#state.nowMs,
      joinedMs: this.#state.wallMs,
      received: 0,
      heard: 0,
      reportedUpTo: 0,
      functions: [],
      options: [],
      assigned: new Set(),
      copies: new Set(),
      holdings: new KeyTable(),
      sentFunctions: new Map(),
      sentOptions: new Map(),
      load: NO_LOAD,
      peersTold: -1,
      executed: 0,
    };
    this.#nextSession += 1;
    this.#lives(session);
    this.#state.sessions.set(session.id, session);
    this.#state.dirty.sessions.add(session.id);
    // Before anything else: what is born on such a node is not its own to keep (rule S1).
    if (!trusted) this.#state.ports.command(session, { kind: 'stranger' });
    this.#hooks.joined(session);
    this.#event(session, 'info', 'node-joined', `${session.nodeName} joined${trusted ? '' : ' as a stranger'}`);
    if (session.state === 'connected') this.#supersede(session);
    return session;
  }

  /** True if the node has lives whose place a new one would take. */
  #hasRivals({ nodeId, role }: SessionFrameOf<'hello'>, trusted: boolean): boolean {
    return [...(this.#livesOf.get(nodeId) ?? [])].some((life) => mayTakePlaceOf({ role, trusted }, life));
  }

  /** The node behind a new session has answered its welcome: it is its present life. */
  answered(session: SessionRecord): void {
    if (session.state !== 'disconnected' || session.successor !== 0) return;
    this.connected(session);
    this.#supersede(session);
  }

  /**
   * One node, one life (rule M4). An earlier one gets no more work; what it has stays known until the new one has said what
   * it still holds (see {@link succeeded}).
   */
  #supersede(successor: SessionRecord): void {
    for (const session of this.#livesOf.get(successor.nodeId) ?? []) {
      if (session.epoch >= successor.epoch || session.successor === successor.id || !mayTakePlaceOf(successor, session))
        continue;
      session.successor = successor.id;
      this.#state.dirty.sessions.add(session.id);
      this.disconnected(session);
      this.#state.ports.superseded(session);
    }
  }

  /** A node has said what it still holds of its earlier lives: those are over. */
  succeeded(successor: SessionRecord): void {
    for (const session of [...(this.#livesOf.get(successor.nodeId) ?? [])])
      if (session.successor === successor.id) this.#die(session, 'a later life of the node took its place');
  }

  /** The session has a connection again, and offers what its hello says. */
  resume(session: SessionRecord, hello: SessionFrameOf<'hello'>): void {
    this.connected(session);
    session.version = hello.version;
    if (hello.version < TELLS_LABELS) session.labels = labelsOf(session.role, []);
    this.#supersede(session);
    this.#setOffer(session, !offersWork(session) && hello.cpuMilli === 0 ? NOTHING : firstOffer(hello));
  }

  /** A node offers this much from now on; without a CPU it takes no work at all. */
  setCapacity(session: SessionRecord, amounts: Amounts): void {
    this.#setOffer(session, amounts.cpuMilli === 0 ? NOTHING : amounts);
  }

  /** A node says which labels it has. */
  setLabels(session: SessionRecord, labels: readonly Label[]): void {
    session.labels = labelsOf(session.role, labels);
    this.#hooks.offerChanged(session);
  }

  #setOffer(session: SessionRecord, amounts: Amounts): void {
    session.resources = offerOf(amounts);
    this.#state.dirty.sessions.add(session.id);
    this.#hooks.offerChanged(session);
  }

  /** A page closes and its node with it. Returns false if there is no such session. */
  leaveNotice(notice: LeaveNotice): boolean {
    const session = this.#named(notice);
    if (!session || session.state === 'dead' || session.role !== 'tab') return false;
    this.#die(session, 'its page was closed');
    return true;
  }

  /** The session has a connection (again). */
  connected(session: SessionRecord): void {
    moveSession(session, 'connected');
    session.sinceMs = this.#state.nowMs;
    session.lastFrameMs = this.#state.nowMs;
    this.#hooks.changed(session);
  }

  disconnected(session: SessionRecord): void {
    if (session.state !== 'connected') return;
    moveSession(session, 'disconnected');
    session.sinceMs = this.#state.nowMs;
    this.#hooks.changed(session);
  }

  /** A node reports its load. */
  setLoad(session: SessionRecord, load: NodeLoad): void {
    if (session.state === 'dead') return;
    session.load = load;
    this.#hooks.changed(session);
  }

  /** Takes a node's report after a start of the server. @throws TypeError if it is no honest node's */
  report(session: SessionRecord, report: SessionFrameOf<'report'>): void {
    checkReportedCounts(report);
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
      this.#hooks.graceEnds();
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
      if (away >= this.#deadMs(session)) this.#die(session, `no connection for ${Math.round(away / 1000)} s`);
    }
  }

  #deadMs({ role }: SessionRecord): number {
    if (role === 'driver') return this.#times.driverDeadMs;
    return role === 'tab' ? this.#times.tabDeadMs : this.#times.hostDeadMs;
  }

  /** Sessions that are not over. */
  get livingCount(): number {
    return this.#living;
  }

  #allReported(): boolean {
    for (const session of this.#state.sessions.values()) {
      // Whose place was taken says nothing any more.
      if (session.state !== 'dead' && session.successor === 0 && session.heard < session.reportedUpTo) return false;
    }
    return true;
  }

  #die(session: SessionRecord, reason: string): void {
    if (session.state === 'dead') return;
    moveSession(session, 'dead');
    session.load = NO_LOAD;
    this.#living -= 1;
    this.#livesOf.get(session.nodeId)?.delete(session);
    if (this.#livesOf.get(session.nodeId)?.size === 0) this.#livesOf.delete(session.nodeId);
    session.sinceMs = this.#state.nowMs;
    this.#state.dirty.sessions.add(session.id);
    // A driver leaves when its job is over; a node that leaves is a loss.
    const severity = session.role === 'driver' ? 'info' : 'warning';
    this.#event(session, severity, 'node-left', `${session.nodeName} left: ${reason}`);
    this.#hooks.died(session, reason);
  }

  #event(session: SessionRecord, severity: 'info' | 'warning', kind: string, message: string): void {
    this.#state.ports.event({ severity, kind, message, job: session.job?.id ?? 0, session: session.id });
  }
}

/** Drivers live side by side. Without the key nobody takes the place of a node that had it. */
function mayTakePlaceOf(
  successor: Pick<SessionRecord, 'role' | 'trusted'>,
  session: Pick<SessionRecord, 'role' | 'trusted'>,
): boolean {
  return successor.role !== 'driver' && session.role !== 'driver' && (successor.trusted || !session.trusted);
}

/** With its role, which nobody says of himself. Of a key that is said twice the last word counts. */
function labelsOf(role: SessionRecord['role'], labels: readonly Label[]): NodeLabels {
  return new Map([...labels.map(({ key, value }) => [key, value] as const), [ROLE_LABEL, role]]);
}
