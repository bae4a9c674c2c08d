/**
 * The gateway: nodes' connections on one side, the control plane on the other. It admits sessions (rules M1–M4), validates
 * every frame once, passes records to the GCS and commands back, relays object chunks.
 */
import { MAX_FRAME_BYTES } from '#shared/protocol/limits.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { type ControlPlane, type Outbox, TICK_MS } from '../control-plane.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import type { ServerClock } from '../server-clock.ts';
import { type Refusal, sessionOver, STOPPING, SUCCEEDED } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import type { Connection, Connections } from './connection.ts';
import { answer, handleFrame } from './frame-handlers.ts';
import { decodeFrame, encodeFrame, mayBeHello } from './frames.ts';
import { type Peer, Peers } from './peers.ts';
import { PrintedLines } from './printed-lines.ts';
import { Relay } from './relay.ts';
import { type LinkOwner, SessionLink } from './session-link.ts';
import { StrangerDoor } from './stranger-door.ts';
import type { JoinTokens } from './tokens.ts';
import { TurnQueue } from './turn-taking.ts';

/** From the node of a stranger: reading it takes a while, and what such nodes have to say is small. */
const MAX_STRANGER_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_STRIKES = 3;
/** A connection that says nothing is closed. */
export const HELLO_LIMIT_MS = 10_000;
/** Commands a node has not acknowledged, in bytes, beyond which it is cut off: it resumes and gets them again. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** Of the node of a stranger, which may be there to fill this server's memory: its session is over then. */
const MAX_KEPT_FOR_STRANGER_BYTES = 64 * 1024 * 1024;
/** Questions that wait for nodes to come back; who asks more is to come again. */
const MAX_EARLY_QUESTIONS = 100_000;
const MAX_EARLY_QUESTIONS_OF_STRANGER = 64;
/** How long a stopping server waits for nodes to close. */
const CLOSE_LIMIT_MS = 300;

/** How the gateway of a server lets in. */
export interface GatewayOptions {
  /** Nodes may join without a token, as strangers. Default: nobody without it. */
  readonly isPublic?: boolean;
}

/** Counters for `/metrics`. */
export interface GatewayCounters {
  framesReceived: number;
  framesSent: number;
  /** Refused frames and connections by reason. */
  readonly refused: Map<string, number>;
}

/** The gateway of one server. */
export class Gateway implements Outbox {
  readonly plane: ControlPlane;
  readonly relay: Relay;
  readonly printed: PrintedLines;
  readonly counters: GatewayCounters = { framesReceived: 0, framesSent: 0, refused: new Map() };
  readonly #strangers = new StrangerDoor();
  readonly #connections: Connections;
  readonly #clock: ServerClock;
  readonly #turns: TurnQueue;
  readonly #peers = new Peers();
  readonly #arrivals: Arrivals;
  readonly #links = new Set<SessionLink>();
  readonly #dirty = new Set<Peer>();
  /** Questions whose answer may become known while nodes come back after a start. */
  readonly #early: {
    readonly peer: Peer;
    readonly link: SessionLink | undefined;
    readonly question: SessionFrameOf<'request'>;
  }[] = [];
  readonly #stopTicking: () => void;
  readonly #linkOwner: LinkOwner = {
    frame: (link, bytes) => this.#frame(link, bytes),
    stray: (link, message) => this.strike(link, 'malformed', message),
    writable: (link) => this.#peers.behind(link)?.stream.pump(),
    ready: (link) => this.#turns.add(link),
    closed: (link, reason) => this.#closed(link, reason),
  };
  #flushScheduled = false;
  isStopping = false;

  constructor(
    connections: Connections,
    plane: ControlPlane,
    tokens: JoinTokens,
    { isPublic = false }: GatewayOptions = {},
  ) {
    const { clock } = plane;
    this.plane = plane;
    this.#connections = connections;
    this.#clock = clock;
    this.#arrivals = new Arrivals(this, this.#peers, { tokens, isPublic, strangers: this.#strangers });
    this.#turns = new TurnQueue({
      nowMs: () => clock.nowMs(),
      yieldTurn: (callback) => clock.defer(callback),
      sliceEnded: () => this.#flush(),
    });
    this.relay = new Relay(plane.gcs, {
      isConnected: (session) => this.#peers.get(session)?.link !== undefined,
      send: (session, frame) => plane.localDrivers.frame(session, frame) || this.sendBulk(session, frame),
      copyMissing: (object, id) => {
        const session = plane.gcs.state.sessions.get(id);
        if (session) plane.step((gcs) => (gcs.objects.removeCopy(object, session), gcs.settle()));
      },
      corrupted: (object, id, puller) => {
        const [source, session] = [plane.gcs.state.sessions.get(id), plane.gcs.state.sessions.get(puller)];
        if (source && session)
          plane.step((gcs) => (gcs.objects.corrupt.told(object, source, session, 0), gcs.settle()));
      },
      isLocal: (session) => plane.localDrivers.has(session),
    });
    this.printed = new PrintedLines({
      clock,
      jobs: plane.gcs.state.jobs,
      keep: (job, line) => {
        if (!this.isStopping) plane.logs.append(job, line);
      },
      send: (session, frame) => this.sendBulk(session, frame),
    });
    connections.accept(
      (connection) => this.#connection(connection),
      (reason) => this.count(reason),
    );
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
  }

  /** Connected sessions. */
  get connectedCount(): number {
    return this.#peers.connectedCount;
  }

  /** Sessions whose frames wait for their turn. */
  get waitingCount(): number {
    return this.#turns.waiting;
  }

  /** How much its tables hold beside one peer for every session that lives: all 0 when nothing is to be done. */
  tableSizes(): { untold: number; questions: number; peersOfNobody: number; linksOfNobody: number } {
    let untold = 0;
    let peersOfNobody = 0;
    for (const { session, stream, link } of this.#peers.all()) {
      if (link && (!stream.idle || stream.keptBytes > 0)) untold += 1;
      if (session.state === 'dead') peersOfNobody += 1;
    }
    const linksOfNobody = this.#links.size - this.#peers.connectedCount;
    return { untold, questions: this.#early.length, peersOfNobody, linksOfNobody };
  }

  /** How full its queues are (rule B1). */
  *levels(): Iterable<QueueLevel> {
    yield { queue: 'early questions', level: this.#early.length, bound: MAX_EARLY_QUESTIONS };
    for (const { session, stream, link } of this.#peers.all()) {
      // Who has more than that and a connection is cut off when the next commands are added.
      const bound = (session.trusted ? MAX_KEPT_BYTES : MAX_KEPT_FOR_STRANGER_BYTES) + MAX_FRAME_BYTES;
      if (link) yield { queue: 'command bytes for a node', level: stream.keptBytes, bound };
    }
    for (const link of this.#links) yield* link.levels();
    yield* this.relay.levels();
  }

  // --- what the control plane tells -------------------------------------------------------------------------------

  command(session: SessionRecord, command: ServerCommand): void {
    if (session.state === 'dead') return;
    const peer = this.#peers.of(session);
    peer.stream.add(command);
    if (this.#dirty.has(peer)) return;
    this.#dirty.add(peer);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // Inside a slice of work its end comes first; commands from elsewhere (a tick, the API) leave with this.
    this.#clock.defer(() => this.#flush());
  }

  acknowledge(session: SessionRecord, received: number): void {
    const peer = this.#peers.get(session.id);
    // The session may have ended before its last records were durable: nobody hears of it then.
    if (!peer || peer.durable === received) return;
    peer.durable = received;
    this.send(session.id, { type: 'ack', received: session.received, durable: received });
  }

  superseded(session: SessionRecord): void {
    const peer = this.#peers.get(session.id);
    if (peer) this.replace(peer, SUCCEEDED);
  }

  sessionEnded(session: SessionRecord, reason: string): void {
    this.#strangers.left(session.id);
    const peer = this.#peers.get(session.id);
    if (!peer) return;
    this.#peers.remove(peer);
    this.#dirty.delete(peer);
    this.relay.disconnected(session.id);
    if (peer.link) this.refuse(peer.link, sessionOver(reason));
  }

  // --- what nodes get ------------------------------------------------------------------------------------------------

  /** Sends a control frame outside the command stream; it is lost if there is no connection. */
  send(session: number, frame: SessionFrame): void {
    const link = this.#peers.get(session)?.link;
    if (link) this.sendTo(link, frame);
  }

  /** Sends a frame behind all control. Returns false if the link takes no more. */
  sendBulk(session: number, frame: SessionFrame): boolean {
    const link = this.#peers.get(session)?.link;
    if (!link?.sendBulk(encodeFrame(frame))) return false;
    this.counters.framesSent += 1;
    return true;
  }

  /** The question cannot be answered yet. Over another connection its node asks it again. */
  answerLater(peer: Peer, question: SessionFrameOf<'request'>): void {
    // One stranger must not take the room that everybody's questions share.
    const isGreedy =
      !peer.session.trusted &&
      this.#early.filter((early) => early.peer === peer).length >= MAX_EARLY_QUESTIONS_OF_STRANGER;
    if (isGreedy || this.#early.length >= MAX_EARLY_QUESTIONS) peer.link?.close();
    else this.#early.push({ peer, link: peer.link, question });
  }

  /** The session behind a link, once it was admitted. */
  peerOf(link: SessionLink): Peer | undefined {
    return this.#peers.behind(link);
  }

  /** The node broke the protocol: the third time it is disconnected (rule T3). */
  strike(link: SessionLink, reason: string, message: string): void {
    this.count(reason);
    link.strikes += 1;
    if (link.strikes >= MAX_STRIKES) this.refuse(link, { code: 'protocol', message, retryAfterMs: 0 });
  }

  count(reason: string): void {
    this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
  }

  /** Tells every node to come back later, and closes. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.#stopTicking();
    const links = [...this.#links];
    for (const link of links) this.sendTo(link, { type: 'refused', ...STOPPING });
    // Sockets are closed after what was just written has left.
    await new Promise<void>((resolve) => this.#clock.defer(resolve));
    for (const link of links) link.close();
    // Who does not answer the good-bye is cut off.
    const cancelLimit = this.#clock.after(CLOSE_LIMIT_MS, () => links.forEach((link) => link.terminate()));
    await this.#connections.close();
    cancelLimit();
  }

  // --- connections ---------------------------------------------------------------------------------------------------

  #connection(connection: Connection): SessionLink {
    const link = new SessionLink(connection, this.#linkOwner, this.#clock.nowMs());
    this.#links.add(link);
    this.#clock.after(HELLO_LIMIT_MS, () => {
      if (link.isOpen && !this.#peers.behind(link)) link.close();
    });
    return link;
  }

  #frame(link: SessionLink, bytes: Uint8Array): void {
    this.counters.framesReceived += 1;
    const isChallenged = this.#arrivals.isChallenged(link);
    const known = this.#peers.behind(link);
    if (!known && !isChallenged && !mayBeHello(bytes)) {
      this.strike(link, 'no-hello', 'the first frame is a hello');
      return;
    }
    if (known && !known.session.trusted && bytes.length > MAX_STRANGER_FRAME_BYTES) {
      this.strike(link, 'malformed', 'the frame is too large for a node of a stranger');
      return;
    }
    let frame: SessionFrame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      this.strike(
        link,
        'malformed',
        `a frame could not be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    link.lastFrameMs = this.#clock.nowMs();
    if (isChallenged) {
      this.#arrivals.heard(link, frame);
      return;
    }
    const peer = this.#peers.behind(link);
    if (peer?.link === link) handleFrame(this, peer, link, frame);
    else if (!peer && frame.type === 'hello') this.#arrivals.hello(link, frame);
  }

  #closed(link: SessionLink, reason: string): void {
    this.#links.delete(link);
    this.#turns.remove(link);
    this.#arrivals.closed(link);
    if (reason === 'parse error') this.count('malformed');
    const peer = this.#peers.behind(link);
    if (peer) this.#lost(peer);
  }

  /** The peer has no connection any more. */
  #lost(peer: Peer): void {
    this.#detach(peer);
    if (this.isStopping) return;
    const { session } = peer;
    // A node that never heard of its session cannot come back to it.
    if (peer.welcomed) this.plane.step((gcs) => gcs.sessions.disconnected(session));
    else this.plane.step((gcs) => gcs.sessions.end(session, 'it left before it was welcomed'));
  }

  #detach(peer: Peer): void {
    this.#peers.disconnect(peer);
    this.relay.disconnected(peer.session.id);
  }

  /** Another connection has taken the place of the peer's present one, which is told so. */
  replace(peer: Peer, refusal: Refusal): void {
    const former = peer.link;
    if (!former) return;
    this.#detach(peer);
    this.refuse(former, refusal);
  }

  refuse(link: SessionLink, refusal: Refusal): void {
    this.count(refusal.code);
    this.sendTo(link, { type: 'refused', ...refusal });
    // The transport closes after what was written before.
    this.#clock.defer(() => link.close());
  }

  sendTo(link: SessionLink, frame: SessionFrame): void {
    this.counters.framesSent += 1;
    link.sendFrame(encodeFrame(frame));
  }

  // --- time ------------------------------------------------------------------------------------------------------------

  #flush(): void {
    this.#flushScheduled = false;
    const tooMuch: SessionRecord[] = [];
    for (const peer of this.#dirty) {
      peer.stream.flush();
      const { session, stream, link } = peer;
      if (!session.trusted && stream.keptBytes > MAX_KEPT_FOR_STRANGER_BYTES) tooMuch.push(session);
      else if (stream.keptBytes > MAX_KEPT_BYTES && link) link.close();
    }
    this.#dirty.clear();
    for (const session of tooMuch)
      this.plane.step((gcs) => gcs.sessions.end(session, 'it does not take what it is told'));
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    const { silentMs, idleSilentMs } = this.plane.times;
    for (const [link, peer] of this.#peers.connected()) {
      // Commands that it should have acknowledged are work, too: that it was told to stop something is no reason to wait longer.
      const isExpected = peer.session.assigned.size > 0 || peer.stream.keptBytes > 0;
      const limitMs = isExpected ? silentMs : idleSilentMs;
      if (nowMs - link.lastFrameMs > limitMs) link.close();
    }
    this.plane.tick();
    for (const { peer, link, question } of this.#early.splice(0))
      if (link && peer.link === link) answer(this, peer, question);
  }
}
