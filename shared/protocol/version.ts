/**
 * The protocol's version and its history (rule W1). A change to any schema changes the hash that `version.test.ts`
 * compares; a change that an older peer cannot read needs a new version here, with a line saying what changed.
 *
 * - 1: first version.
 * - 2: browser tabs (role `tab`), `capacity` and `facts` frames, records `jobInfo`, `digest`, `found`, `succeeded`, command
 *   `stranger`, question `jobInfo`. All appended: what a node of version 1 says and is told means the same.
 * - 3: commands `failures` and `withdraw`, appended; said only to nodes of this version. Frames `challenge` and
 *   `answer`, question `publish`, appended, too; what a node of version 2 says first after its welcome counts as its answer.
 * - 4: commands `retireActor`, `restore`, `caughtUp` and `keep`, appended; said only to nodes of this version. Records `decision`,
 *   `checkpoint`, `began` and `saved`, question `history`, appended, too: a `main` on a node of version 3 has no history, and an
 *   actor there is not repeated. Frame `labels`, appended; a node of version 3 has the label of its role alone.
 *   Transfers by named sources and with digests (`locate`, `sources`, `fetchFrom`, `piece`, `describe`, `manifest`, `pullOver`;
 *   records `manifest` and `corrupt`): with a node of version 3 by `fetch` and `chunk`, without digests.
 */
export const PROTOCOL_VERSION = 4;

/** The oldest version a server still speaks: this one and the one before it. */
export const OLDEST_SUPPORTED_VERSION = 3;
