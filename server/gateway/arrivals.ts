/**
 * From a connection's first word to a session that is heard over it (rules M1–M4): admission, a new session or a former one, the
 * challenge where somebody else has that place.
 */
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { plainWords } from '#shared/text/plain-words.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { admit, RECONNECTED, type Refusal, sessionOver, STOPPING, SUCCEEDED } from './admission.ts';
import { Claims } from './claims.ts';
import type { Peer, Peers } from './peers.ts';
import type { SessionLink } from './session-link.ts';
import type { StrangerDoor } from './stranger-door.ts';
import type { JoinTokens } from './tokens.ts';

/** What the gateway does for those who arrive. */
export interface ArrivalHost {
  readonly plane: ControlPlane;
  readonly isStopping: boolean;
  sendTo(link: SessionLink, frame: SessionFrame): void;
  refuse(link: SessionLink, refusal: Refusal): void;
  strike(link: SessionLink, reason: string, message: string): void;
  /** Another connection takes the place of the peer's present one, which is told so. */
  replace(peer: Peer, refusal: Refusal): void;
}

/** Who may come in. */
export interface Door {
  readonly tokens: JoinTokens;
  /** Nodes may join without a token, as strangers. */
  readonly isPublic: boolean;
  readonly strangers: StrangerDoor;
}

/** Links whose node is not at home yet. */
export class Arrivals {
  readonly #host: ArrivalHost;
  readonly #peers: Peers;
  readonly #door: Door;
  readonly #claims: Claims;

  constructor(host: ArrivalHost, peers: Peers, door: Door) {
    this.#host = host;
    this.#peers = peers;
    this.#door = door;
    this.#claims = new Claims(host.plane.serverEpoch);
  }

  /** True if the node was challenged and has not answered. */
  isChallenged(link: SessionLink): boolean {
    return this.#claims.has(link);
  }

  /** A challenged node said something; that frame is done with. */
  heard(link: SessionLink, frame: SessionFrame): void {
    const answer = frame.type === 'answer' ? frame.number : undefined;
    // A hello said twice proves no more than one.
    const isProof = frame.type !== 'hello' && this.#claims.heard(link, answer);
    if (!isProof) this.#host.strike(link, 'unexpected', 'a node that was challenged answers first');
  }

  closed(link: SessionLink): void {
    this.#claims.remove(link);
  }

  /** The first frame of a connection. */
  hello(link: SessionLink, given: SessionFrameOf<'hello'>): void {
    const { plane } = this.#host;
    const { nodeName, jobName, platform } = given;
    const [node, job, where] = [nodeName, jobName, platform].map(plainWords);
    const hello = { ...given, nodeName: node || 'unnamed', jobName: job ?? '', platform: where ?? '' };
    if (this.#host.isStopping) {
      this.#host.refuse(link, STOPPING);
      return;
    }
    const { sessions } = plane.gcs;
    const { tokens, isPublic, strangers } = this.#door;
    const admission = admit(hello, tokens, plane.gcs, {
      isPublic,
      hasRoomForStranger: () => strangers.admits(link.address, plane.clock.nowMs()),
    });
    if (admission.refusal) {
      this.#host.refuse(link, admission.refusal);
      return;
    }
    link.identified();
    const known = hello.session === 0 ? undefined : sessions.find(hello);
    if (known) this.#resume(link, known, hello);
    else if (hello.session === 0) this.#open(link, hello, admission.trusted);
    else this.#host.refuse(link, sessions.isSucceeded(hello) ? SUCCEEDED : sessionOver('come back as a new one'));
  }

  #open(link: SessionLink, hello: SessionFrameOf<'hello'>, trusted: boolean): void {
    const { plane } = this.#host;
    const session = plane.step((gcs) => {
      const opened = gcs.sessions.open(hello, trusted);
      if (hello.role === 'driver') gcs.jobs.start(opened, hello.jobName);
      return opened;
    });
    if (!trusted) this.#door.strangers.entered(session.id, link.address);
    const peer = this.#peers.of(session);
    this.#peers.connect(peer, link);
    // A session that a power cut could undo would come back to a server that gave its number to another.
    plane.commits.whenDurable(() => {
      if (peer.link !== link) return;
      // Another life of the node is there, and this hello may be one that comes late.
      if (session.state !== 'connected')
        this.#challenge(link, () => plane.step((gcs) => (gcs.sessions.answered(session), gcs.settle())));
      this.#welcome(peer, link, false);
      attach(peer, link, 0);
      plane.step((gcs) => gcs.settle());
    });
  }

  #resume(link: SessionLink, session: SessionRecord, hello: SessionFrameOf<'hello'>): void {
    const peer = this.#peers.of(session);
    if (!this.#canGoOn(peer, link, hello)) return;
    // A session read from disk is durable as it was read.
    if (session.reportedUpTo === Infinity) peer.durable = session.received;
    const isRival = peer.link?.isOpen === true;
    if (isRival) this.#challenge(link, () => this.#takePlace(peer, link, hello));
    this.#welcome(peer, link, true);
    if (!isRival) this.#takePlace(peer, link, hello);
  }

  /** Before the welcome, so that the answer comes before anything else that the node says. */
  #challenge(link: SessionLink, takePlace: () => void): void {
    const number = this.#claims.add(link, takePlace);
    this.#host.sendTo(link, { type: 'challenge', number });
  }

  /** From now on the node is heard and told over this connection. */
  #takePlace(peer: Peer, link: SessionLink, hello: SessionFrameOf<'hello'>): void {
    const { session } = peer;
    const { plane } = this.#host;
    // It ended, or another life of its node took over, while this connection was not heard.
    if (!plane.gcs.sessions.find(hello)) {
      this.#host.refuse(link, session.state === 'dead' ? sessionOver('come back as a new one') : SUCCEEDED);
      return;
    }
    if (!this.#canGoOn(peer, link, hello)) return;
    this.#host.replace(peer, RECONNECTED);
    this.#peers.connect(peer, link);
    if (!session.trusted) this.#door.strangers.entered(session.id, link.address);
    plane.step((gcs) => gcs.resume(session, hello));
    attach(peer, link, this.#receivedBy(hello));
    // It may have been lost with the former connection. Behind the commands: who hears that a record is durable has heard
    // what followed from it.
    this.#host.sendTo(link, { type: 'ack', received: session.received, durable: peer.durable });
    plane.step((gcs) => gcs.settle());
  }

  /** Commands of this server that the node has. */
  #receivedBy({ serverEpoch, receivedCommands }: SessionFrameOf<'hello'>): number {
    return serverEpoch === this.#host.plane.serverEpoch ? receivedCommands : 0;
  }

  /** An old connection's hello that came late, or another process with this session: neither takes the place of who has it. */
  #canGoOn(peer: Peer, link: SessionLink, hello: SessionFrameOf<'hello'>): boolean {
    if (peer.stream.reaches(this.#receivedBy(hello))) return true;
    this.#host.refuse(link, sessionOver('commands that it has not heard are forgotten'));
    return false;
  }

  #welcome({ session }: Peer, link: SessionLink, resumed: boolean): void {
    const { plane } = this.#host;
    this.#host.sendTo(link, {
      type: 'welcome',
      session: session.id,
      epoch: session.epoch,
      serverEpoch: plane.serverEpoch,
      resumed,
      receivedRecords: session.received,
      wantsReport: resumed && session.reportedUpTo === Infinity,
      job: session.job?.id ?? 0,
      heartbeatMs: plane.times.heartbeatMs,
    });
  }
}

function attach(peer: Peer, link: SessionLink, receivedCommands: number): void {
  peer.welcomed = true;
  peer.stream.attach(link, receivedCommands);
}
