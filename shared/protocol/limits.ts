/**
 * Sizes that both ends of a link agree on. They bound what one message can make the other side hold (rules O2, B1, T3).
 */

/** A value up to this size is part of its task's finish record and as durable as the record (rule O2). */
export const DURABLE_INLINE_BYTES = 1024;

/** A value up to this size travels inside control messages; a larger one stays in a node's object store (rule O2). */
export const INLINE_BYTES = 100 * 1024;

/** The arguments of one call that travel inside its record; larger single arguments are put into the store first. */
export const MAX_ARGS_BYTES = 256 * 1024;

/** The largest control frame either side accepts. A job module travels in one frame, so this bounds it too. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;

/** Records in one frame. */
export const MAX_RECORDS_PER_FRAME = 65_536;

/**
 * Records of a journal in one frame: some times what a node gathers. Equal records cost no bytes, so the size of a frame does
 * not bound the time it takes to read (rule T3).
 */
export const MAX_JOURNAL_RECORDS_PER_FRAME = 4096;

/** A frame is posted inside the call once it has this many messages … */
export const FRAME_FLUSH_RECORDS = 256;

/** … or about this many bytes; else at the end of the microtask (DESIGN §5). */
export const FRAME_FLUSH_BYTES = 64 * 1024;

/** The most bytes of an object in one frame between a node and the server. */
export const CHUNK_BYTES = 256 * 1024;

/** Chunks of one transfer that may be asked for and not yet here. */
export const CHUNKS_IN_FLIGHT = 4;

/** Nodes that are named as sources of one object, or named as useless. */
export const MAX_SOURCES = 64;

/** Objects that one message may name (arguments of a call, references inside a value). */
export const MAX_REFERENCES = 1_000_000;

/** What the people who lend machines are told of a job: who runs it, … */
export const MAX_SUBMITTER_BYTES = 256;

/** … and what for. */
export const MAX_PURPOSE_BYTES = 1024;

/** The `onStop` of an actor may take so long. */
export const ON_STOP_MS = 5_000;
