/**
 * A node by its lasting id, as people are shown it: a digest of the id that it says in its hello. The id itself is known to the node
 * and the server alone, and so it can prove something: with session and epoch, which everybody may see, it is what a closing page
 * says instead of a key (rule M1), and what takes the place of an earlier life (rule M4). Who only looks, at a tab of his own or at
 * others', could otherwise end them all. A secret of its own in the hello would do for the page that closes, but not for the second,
 * and tabs that were opened before could not say it. Names of tabs begin with six digits of the id; the other 104 bits stay.
 */
import { digest128 } from '#shared/ids/content-id.ts';
import type { SessionRecord } from './entities.ts';

const encoder = new TextEncoder();
/** Filters and snapshots ask for the same ones again and again. */
const shown = new WeakMap<SessionRecord, string>();

/** 32 hex digits, the same for every life of a node. */
export function shownNodeId(session: SessionRecord): string {
  let digest = shown.get(session);
  if (digest === undefined) {
    digest = digest128(encoder.encode(`daylight/1/shown-node ${session.nodeId}`));
    shown.set(session, digest);
  }
  return digest;
}
