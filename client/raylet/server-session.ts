/**
 * A node's session with the server (rules M1, M2, L2): says hello, comes back after a lost connection to the same
 * session, and keeps both numbered streams whole. Pure: connections, time and chance come through ports.
 *
 * The journal itself belongs to the owner. What this file sees to is the order: after a welcome the owner first hands
 * over its report and the records that the server lacks, then open questions are asked again, then everything else.
 */
import { AuthenticationError, ConnectionLostError, ProtocolError } from '#shared/errors/daylight-error.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Random } from '#shared/ports/random.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import type { Label } from '#shared/task/node-labels.ts';
import { FrameQueue, type PacedTransport } from './frame-queue.ts';
import { decodeSessionFrame, encodeSessionFrame } from './session-frame-codec.ts';
import { LOCAL_SESSION_LIFE, type LocalSessionState } from './session-state.ts';

/** Received commands are acknowledged when there are this many … */
const ACK_COMMANDS = 256;
/** … or after this long. */
const ACK_DELAY_MS = 100;
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;
/** Of a browser tab: there may be thousands of them, and a server that has just started must not be run over (rule M3). */
const MAX_TAB_BACKOFF_MS = 10_000;
/** A connection that brings no welcome for this long is given up. */
const WELCOME_LIMIT_MS = 10_000;
/** Heartbeats late by more than this: the machine slept, and the server must say first whether the session lives (M2). */
const GAP_MS = 10_000;
const SLEPT = 'this machine slept';
/** Frames in a row that could not be read, after which trying again is pointless. */
const MAX_BAD_FRAMES = 3;

/** Who the node is and what it offers. */
export interface SessionIdentity {
  readonly role: SessionFrameOf<'hello'>['role'];
  /** 32 hex digits. */
  readonly nodeId: string;
  readonly nodeName: string;
  readonly token: string;
  readonly cpuMilli: number;
  /** Custom resources, in thousandths. */
  readonly resources: readonly { readonly name: string; readonly milli: number }[];
  /** What its owner hung on it, and what it knows of itself. Default: nothing is told, and no rule about labels is met. */
  readonly labels?: readonly Label[];
  /** For a driver: what to call its job. */
  readonly jobName: string;
  readonly platform: string;
}

/** What a welcome says. */
export type Welcome = Omit<SessionFrameOf<'welcome'>, 'type'>;

/** What comes beside the streams: transfers, and lines for a driver. */
export type BesideFrame = SessionFrameOf<
  'fetch' | 'fetchFrom' | 'describe' | 'piece' | 'manifest' | 'sources' | 'jobLog'
>;

/** Who lives this session: a raylet with its journal. */
export interface SessionOwner {
  /**
   * The session is open. If it was resumed, the owner sends its report (if wanted) and then the records behind
   * `receivedRecords` before it returns.
   */
  onWelcome(welcome: Welcome): void;
  /** Commands in order, each exactly once; one call per frame. */
  onCommands(commands: readonly ServerCommand[]): void;
  /** Records up to this number are durable. */
  onDurable(durable: number): void;
  /** Frames beside the streams. */
  onFrame(frame: BesideFrame): void;
  /** The connection is lost; another is tried. */
  onDisconnected(message: string): void;
  /** A try to connect failed, or the connection was lost: the next try is so far away. */
  onRetry?(message: string, delayMs: number): void;
  /** The server gave the session up: everything of it is void. The next welcome is that of a new session. */
  onSessionDead(message: string): void;
  /**
   * It will not work: wrong token or version, or nobody answers. Nothing more is tried.
   * @param code the code of the server's refusal, if it refused
   */
  onFatal(error: Error, code?: SessionFrameOf<'refused'>['code']): void;
}

/** What a session needs of its surroundings. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Opens a connection; what fails is told by its `onClose`. */
  connect(): PacedTransport;
  /** How long the very first connection may take before it is fatal. Default: for ever. */
  readonly firstConnectionMs?: number;
  /** The time of day: a monotonic clock may stand still while a machine sleeps, this one does not (rule M2). */
  readonly wallClockMs?: () => number;
}

interface Question {
  readonly frame: Uint8Array;
  readonly onAnswer: (ok: boolean, body: Uint8Array) => void;
}

/** One node's session, over as many connections as it takes. */
export class ServerSession {
  #identity: SessionIdentity;
  /** What the last hello said. */
  #told: SessionIdentity;
  readonly #ports: SessionPorts;
  readonly #owner: SessionOwner;
  readonly #queue = new FrameQueue();
  readonly #questions = new Map<number, Question>();
  #nextQuestion = 1;
  #transport: PacedTransport | undefined;
  #state: LocalSessionState = 'away';
  #everWelcomed = false;
  #session = 0;
  #epoch = 0;
  #serverEpoch = 0;
  #receivedCommands = 0;
  #acknowledged = 0;
  /** That the server wants answered over the present connection; 0 for none. */
  #challenge = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  #badFrames = 0;
  #startedMs = 0;
  #sentSinceHeartbeat = false;
  /** When the next heartbeat is due, by either clock. */
  #dueMs = Infinity;
  #dueWallMs = Infinity;
  #cancelRetry = (): void => {};
  #cancelAck: (() => void) | undefined;
  #cancelHeartbeat = (): void => {};
  #cancelWelcomeLimit = (): void => {};
  #lastTrouble = '';

  constructor(identity: SessionIdentity, ports: SessionPorts, owner: SessionOwner) {
    this.#identity = identity;
    this.#told = identity;
    this.#ports = ports;
    this.#owner = owner;
  }

  /** Whether the server listens now. */
  get connected(): boolean {
    return this.#state === 'open';
  }

  get #isOver(): boolean {
    return this.#state === 'ended';
  }

  #move(to: LocalSessionState): void {
    this.#state = LOCAL_SESSION_LIFE.step(this.#state, to);
  }

  /** Number of the present session; 0 before the first welcome. */
  get session(): number {
    return this.#session;
  }

  /** Epoch of the present session; 0 before the first welcome. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Questions that are not answered. */
  get openQuestions(): number {
    return this.#questions.size;
  }

  levels(): Iterable<QueueLevel> {
    return this.#queue.levels();
  }

  /** What the node offers from now on. The server is told now, or with the next hello. */
  setCapacity(cpuMilli: number, resources: SessionIdentity['resources']): void {
    this.#identity = { ...this.#identity, cpuMilli, resources };
    this.#tellCapacity();
  }

  #tellCapacity(): void {
    const { cpuMilli, resources } = this.#identity;
    this.send({ type: 'capacity', cpuMilli, resources: [...resources] });
  }

  /** Starts to connect. */
  start(): void {
    this.#startedMs = this.#ports.clock.nowMs();
    this.#connect();
  }

  /** Sends an encoded control frame, or drops it without a connection. */
  sendFrame(frame: Uint8Array): void {
    if (!this.connected) return;
    // A machine that wakes up may be here before its heartbeat is.
    if (this.#hasSlept()) {
      this.#reconnect(SLEPT);
      return;
    }
    this.#sentSinceHeartbeat = true;
    this.#queue.sendControl(frame);
  }

  /** Sends a control frame, or drops it without a connection. */
  send(frame: SessionFrame): void {
    if (this.connected) this.sendFrame(encodeSessionFrame(frame));
  }

  /** Sends object bytes behind control; false if they were refused. */
  sendBytes(frame: SessionFrameOf<'piece' | 'manifest'>): boolean {
    return this.connected && this.#queue.sendObject(encodeSessionFrame(frame));
  }

  /** Sends a log line or progress, behind everything else. */
  sendLog(frame: SessionFrameOf<'log'> | SessionFrameOf<'progress'>): void {
    if (!this.#isOver) this.#queue.sendLog(encodeSessionFrame(frame));
  }

  /** Asks a question; asked again over a new connection until it is answered. */
  request(method: string, body: Uint8Array, onAnswer: (ok: boolean, body: Uint8Array) => void): void {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    const frame = encodeSessionFrame({ type: 'request', id, method, body });
    this.#questions.set(id, { frame, onAnswer });
    this.sendFrame(frame);
  }

  /** Leaves for good: the server forgets the session at once. Repeating it is harmless. */
  leave(reason: string): void {
    if (this.#isOver) return;
    this.send({ type: 'bye', reason });
    this.#end();
  }

  // --- connecting ------------------------------------------------------------------------------------------------

  #connect(): void {
    if (this.#isOver) return;
    this.#move('connecting');
    this.#challenge = 0;
    const transport = this.#ports.connect();
    this.#transport = transport;
    // Words of a former connection mean nothing any more.
    transport.onFrame((bytes) => {
      if (this.#transport === transport) this.#receive(bytes);
    });
    transport.onClose((reason) => {
      if (this.#transport === transport) this.#lost(reason, this.#nextBackoffMs());
    });
    if (this.#transport !== transport) return;
    this.#cancelWelcomeLimit = this.#ports.clock.after(WELCOME_LIMIT_MS, () =>
      this.#reconnect('the server does not answer'),
    );
    transport.send(encodeSessionFrame(this.#hello()));
  }

  #hello(): SessionFrameOf<'hello'> {
    this.#told = this.#identity;
    const { resources, labels: _, ...identity } = this.#identity;
    return {
      type: 'hello',
      version: PROTOCOL_VERSION,
      ...identity,
      resources: [...resources],
      session: this.#session,
      epoch: this.#epoch,
      serverEpoch: this.#serverEpoch,
      receivedCommands: this.#receivedCommands,
    };
  }

  #nextBackoffMs(): number {
    const fullMs = this.#backoffMs;
    this.#backoffMs = Math.min(fullMs * 2, this.#identity.role === 'tab' ? MAX_TAB_BACKOFF_MS : MAX_BACKOFF_MS);
    return fullMs * (0.5 + this.#ports.random.next() / 2);
  }

  /** Gives the present connection up and tries another. */
  #reconnect(reason: string): void {
    this.#lost(reason, this.#nextBackoffMs());
  }

  #lost(reason: string, retryMs: number): void {
    const transport = this.#transport;
    if (!transport || this.#isOver) return;
    const wasWelcomed = this.connected;
    this.#move('away');
    this.#disconnect();
    transport.close();
    this.#lastTrouble = reason;
    const { clock, firstConnectionMs = Infinity } = this.#ports;
    if (!this.#everWelcomed && clock.nowMs() - this.#startedMs + retryMs > firstConnectionMs) {
      this.#fatal(new ConnectionLostError(`no answer: ${reason}`));
      return;
    }
    if (wasWelcomed) this.#owner.onDisconnected(reason);
    this.#owner.onRetry?.(reason, retryMs);
    this.#cancelRetry = clock.after(retryMs, () => this.#connect());
  }

  #disconnect(): void {
    this.#transport = undefined;
    this.#queue.detach();
    this.#cancelWelcomeLimit();
    this.#cancelHeartbeat();
    this.#cancelAck?.();
    this.#cancelAck = undefined;
  }

  #end(): void {
    const transport = this.#transport;
    this.#move('ended');
    this.#cancelRetry();
    this.#disconnect();
    this.#questions.clear();
    transport?.close();
  }

  #fatal(error: Error, code?: SessionFrameOf<'refused'>['code']): void {
    if (this.#isOver) return;
    this.#end();
    this.#owner.onFatal(error, code);
  }

  /** Why the last connection ended; for messages. */
  get lastTrouble(): string {
    return this.#lastTrouble;
  }

  // --- frames ----------------------------------------------------------------------------------------------------

  #receive(bytes: Uint8Array): void {
    let frame: SessionFrame;
    try {
      frame = decodeSessionFrame(bytes);
    } catch (error) {
      this.#badFrames += 1;
      const message = `a frame of the server could not be read: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#badFrames >= MAX_BAD_FRAMES) this.#fatal(new ProtocolError(message));
      else this.#reconnect(message);
      return;
    }
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        return;
      case 'refused':
        this.#refused(frame);
        return;
      case 'challenge':
        this.#challenge = frame.number;
        return;
      case 'commands':
        this.#commands(frame);
        return;
      case 'ack':
        this.#owner.onDurable(frame.durable);
        return;
      case 'response':
        this.#answer(frame);
        return;
      case 'fetch':
      case 'fetchFrom':
      case 'describe':
      case 'piece':
      case 'manifest':
      case 'sources':
      case 'jobLog':
        this.#owner.onFrame(frame);
        return;
      default:
        // `ping` proves life by having come. A frame only nodes send is passed over: a newer server may have reasons.
        return;
    }
  }

  #welcome({ type: _, ...welcome }: SessionFrameOf<'welcome'>): void {
    const transport = this.#transport;
    if (!transport || this.connected) return;
    this.#cancelWelcomeLimit();
    // A server that started anew numbers its commands from 1.
    if (welcome.serverEpoch !== this.#serverEpoch || !welcome.resumed) {
      this.#receivedCommands = 0;
      this.#acknowledged = 0;
    }
    this.#session = welcome.session;
    this.#epoch = welcome.epoch;
    this.#serverEpoch = welcome.serverEpoch;
    this.#backoffMs = FIRST_BACKOFF_MS;
    this.#move('open');
    this.#everWelcomed = true;
    this.#startHeartbeat(welcome.heartbeatMs);
    const asked = [...this.#questions.values()];
    // The server may take the hello for one that comes late: it hears nothing else before this.
    if (this.#challenge !== 0) transport.send(encodeSessionFrame({ type: 'answer', number: this.#challenge }));
    this.#queue.attach(transport);
    this.#sentSinceHeartbeat = false;
    if (this.#identity.labels) this.send({ type: 'labels', labels: [...this.#identity.labels] });
    this.#owner.onWelcome(welcome);
    // The owner may have left, or the transport may have failed, in the meantime.
    if (this.#transport !== transport) return;
    // Something else was decided while the hello was on its way.
    if (this.#told !== this.#identity) this.#tellCapacity();
    for (const { frame } of asked) this.sendFrame(frame);
  }

  #refused({ code, message, retryAfterMs }: SessionFrameOf<'refused'>): void {
    if (code === 'token') {
      this.#fatal(new AuthenticationError(message), code);
    } else if (retryAfterMs === 0) {
      this.#fatal(new ProtocolError(message), code);
    } else {
      const wasSession = this.#session !== 0;
      if (code === 'session-dead') this.#forgetSession();
      this.#lost(message, retryAfterMs * (1 + this.#ports.random.next() / 2));
      if (code === 'session-dead' && wasSession && !this.#isOver) this.#owner.onSessionDead(message);
    }
  }

  /** The session cannot be this process's: gives it up and comes back as a new one. */
  abandon(message: string): void {
    this.#forgetSession();
    this.#lost(message, this.#nextBackoffMs());
    if (!this.#isOver) this.#owner.onSessionDead(message);
  }

  #forgetSession(): void {
    this.#session = 0;
    this.#epoch = 0;
    this.#serverEpoch = 0;
    this.#receivedCommands = 0;
    this.#acknowledged = 0;
    // Whoever asked is void with the session.
    this.#questions.clear();
  }

  #commands({ first, batch }: SessionFrameOf<'commands'>): void {
    if (!this.connected) return;
    if (first > this.#receivedCommands + 1) {
      this.#reconnect(`commands ${this.#receivedCommands + 1} to ${first - 1} are missing`);
      return;
    }
    const known = this.#receivedCommands + 1 - first;
    if (known >= batch.length) return;
    this.#receivedCommands = first + batch.length - 1;
    this.#badFrames = 0;
    this.#owner.onCommands(known === 0 ? batch : batch.slice(known));
    if (this.#receivedCommands - this.#acknowledged >= ACK_COMMANDS) this.#acknowledge();
    else if (this.connected) this.#cancelAck ??= this.#ports.clock.after(ACK_DELAY_MS, () => this.#acknowledge());
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    this.#acknowledged = this.#receivedCommands;
    this.send({ type: 'ack', received: this.#receivedCommands, durable: this.#receivedCommands });
  }

  #answer({ id, ok, body }: SessionFrameOf<'response'>): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    question.onAnswer(ok, body);
  }

  // --- time --------------------------------------------------------------------------------------------------------

  /** The next heartbeat is long overdue by one clock or the other: the server must say first whether the session lives (M2). */
  #hasSlept(): boolean {
    return this.#ports.clock.nowMs() - this.#dueMs > GAP_MS || this.#wallMs() - this.#dueWallMs > GAP_MS;
  }

  #wallMs(): number {
    return this.#ports.wallClockMs?.() ?? this.#ports.clock.nowMs();
  }

  #startHeartbeat(heartbeatMs: number): void {
    const { clock } = this.#ports;
    this.#dueMs = clock.nowMs() + heartbeatMs;
    this.#dueWallMs = this.#wallMs() + heartbeatMs;
    this.#cancelHeartbeat = clock.after(heartbeatMs, () => {
      if (this.#hasSlept()) {
        this.#reconnect(SLEPT);
        return;
      }
      if (!this.#sentSinceHeartbeat) this.send({ type: 'ping' });
      this.#sentSinceHeartbeat = false;
      this.#startHeartbeat(heartbeatMs);
    });
  }
}
