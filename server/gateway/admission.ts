/**
 * Who gets in: version first, then token, then whether this server takes anybody.
 */
import { OLDEST_SUPPORTED_VERSION, PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { Gcs } from '../gcs/gcs.ts';
import { mayJoin, type Tokens } from './tokens.ts';

/** Why not, and when to come back. */
export type Refusal = Omit<SessionFrameOf<'refused'>, 'type'>;

/** Living sessions one server takes. */
const MAX_SESSIONS = 50_000;
const FULL_RETRY_MS = 30_000;
/** Largest capacity a node may claim: 4096 CPUs. */
const MAX_CPU_MILLI = 4_096_000;

/** The refusal, or `undefined` for a node that may come in. */
export function admit(hello: SessionFrameOf<'hello'>, tokens: Tokens, gcs: Gcs): Refusal | undefined {
  if (hello.version < OLDEST_SUPPORTED_VERSION || hello.version > PROTOCOL_VERSION) {
    const spoken = [...new Set<number>([OLDEST_SUPPORTED_VERSION, PROTOCOL_VERSION])].join(' to ');
    const message = `this server speaks protocol version ${spoken}, the node speaks ${hello.version}: use the same release of Daylight`;
    return { code: 'version', message, retryAfterMs: 0 };
  }
  if (!mayJoin(hello.token, tokens)) {
    const message = 'the token is wrong or missing: use the join token that the server printed at its start';
    return { code: 'token', message, retryAfterMs: 0 };
  }
  if (!/^[0-9a-f]{1,64}$/.test(hello.nodeId) || hello.cpuMilli > MAX_CPU_MILLI) {
    return {
      code: 'protocol',
      message: 'the node id is 32 hex digits and a node has at most 4096 CPUs',
      retryAfterMs: 0,
    };
  }
  if (hello.session === 0 && gcs.sessions.livingCount >= MAX_SESSIONS) {
    return { code: 'full', message: `this server has ${MAX_SESSIONS} nodes already`, retryAfterMs: FULL_RETRY_MS };
  }
  return undefined;
}
