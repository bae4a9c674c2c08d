/**
 * The protocol's version and its history (rule W1). A change to any schema changes the hash that `version.test.ts`
 * compares; a change that an older peer cannot read needs a new version here, with a line saying what changed.
 *
 * - 1: first version.
 */
export const PROTOCOL_VERSION = 1;

/** The oldest version a server still speaks: this one and the one before it (there is none before 1). */
export const OLDEST_SUPPORTED_VERSION = 1;
