/**
 * Who gets in: version first, then token, then whether this server takes anybody.
 */
import { OLDEST_SUPPORTED_VERSION, PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { Gcs } from '../gcs/gcs.ts';
import { type JoinTokens, mayJoin } from './tokens.ts';

/** Why not, and when to come back. */
export type Refusal = Omit<SessionFrameOf<'refused'>, 'type'>;

/** Where a node asked to wait while this server stops may come back. */
export const STOPPING: Refusal = { code: 'stopping', message: 'the server stops', retryAfterMs: 2_000 };
export const RECONNECTED: Refusal = {
  code: 'session-dead',
  message: 'another connection of this node took over',
  retryAfterMs: 0,
};
/** Rule M4. If it came back, two tabs would take the place from each other for ever. */
export const SUCCEEDED: Refusal = {
  code: 'session-dead',
  message: 'another tab of this browser took over',
  retryAfterMs: 0,
};

/** A node whose session is over may return at once as a new one. */
export function sessionOver(reason: string): Refusal {
  return { code: 'session-dead', message: `this session is over: ${reason}`, retryAfterMs: 1 };
}

/** Who may come in, and as whom. */
export type Admission = { readonly refusal: Refusal } | { readonly refusal?: undefined; readonly trusted: boolean };

/** What decides beside the hello. */
export interface DoorOptions {
  /** Anybody may join, as a stranger without the token (DESIGN §9). */
  readonly isPublic: boolean;
  /** Whether one more stranger may open a session from where the hello comes from. */
  readonly hasRoomForStranger: () => boolean;
}

/** Living sessions one server takes. */
const MAX_SESSIONS = 50_000;
const FULL_RETRY_MS = 30_000;
/** Largest capacity a node may claim: 4096 CPUs. */
export const MAX_CPU_MILLI = 4_096_000;

/** Lets a hello in, or says why not. */
export function admit(hello: SessionFrameOf<'hello'>, tokens: JoinTokens, gcs: Gcs, door: DoorOptions): Admission {
  if (hello.version < OLDEST_SUPPORTED_VERSION || hello.version > PROTOCOL_VERSION) {
    const spoken = [...new Set<number>([OLDEST_SUPPORTED_VERSION, PROTOCOL_VERSION])].join(' to ');
    return refuse(
      'version',
      `this server speaks protocol version ${spoken}, the node speaks ${hello.version}: use the same release of Daylight`,
    );
  }
  const trusted = mayJoin(hello.token, tokens);
  if (!trusted && !(door.isPublic && isStranger(hello, gcs)))
    return refuse('token', 'the token is wrong or missing: use the join token that the server printed at its start');
  if (!/^[0-9a-f]{1,64}$/.test(hello.nodeId) || hello.cpuMilli > MAX_CPU_MILLI)
    return refuse('protocol', 'the node id is 32 hex digits and a node has at most 4096 CPUs');
  if (hello.session === 0 && gcs.sessions.livingCount >= MAX_SESSIONS)
    return refuse('full', `this server has ${MAX_SESSIONS} nodes already`, FULL_RETRY_MS);
  if (hello.session === 0 && !trusted && !door.hasRoomForStranger())
    return refuse('full', 'too many browsers and hosts have joined from this address', FULL_RETRY_MS);
  return { trusted };
}

/** A node that shows no token at all, and comes back to no session but a stranger's. A wrong token is a mistake to tell. */
function isStranger({ token, role, session }: SessionFrameOf<'hello'>, gcs: Gcs): boolean {
  return token === '' && role !== 'driver' && gcs.state.sessions.get(session)?.trusted !== true;
}

function refuse(code: Refusal['code'], message: string, retryAfterMs = 0): Admission {
  return { refusal: { code, message, retryAfterMs } };
}
