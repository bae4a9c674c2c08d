/**
 * Which records of a stranger's node are applied (rules T3, S1): only those about tasks that it was leased and about
 * objects that came with them. A pure question; what follows from the answer is in `strangers.ts`.
 *
 * Three answers, because an honest node is not to be blamed for what it cannot help: a record may rely on a lease that
 * has ended meanwhile, and job code may ask for what strangers' nodes are not for. Such records are passed over, and the
 * node is told where somebody waits. What no honest node ever says is refused.
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, type NodeRecord, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import type { StrangerBook } from './stranger-book.ts';

/** Tasks and puts of one lease … */
export const MAX_MADE_PER_LEASE = 10_000;
/** … and the bytes of theirs that the server keeps. */
const MAX_BYTES_PER_LEASE = 64 * 1024 * 1024;
/** A name that a record keeps, with its place in the books of the object that it names. */
const BYTES_PER_NAME = 64;
/** Functions, and sets of options, that one session of a stranger may introduce: they are kept for good. */
export const MAX_STRANGER_DEFINITIONS = 256;

/** The answer; `why` is for people. */
export interface Verdict {
  readonly may: 'apply' | 'pass' | 'refuse';
  /** `over`: the task it belongs to is not the node's (any more). `quota`: the lease is used up. */
  readonly why: 'yours' | 'over' | 'quota' | 'forbidden' | 'foreign';
}

const APPLY: Verdict = { may: 'apply', why: 'yours' };
const OVER: Verdict = { may: 'pass', why: 'over' };
const QUOTA: Verdict = { may: 'pass', why: 'quota' };
const NOT_FOR_STRANGERS: Verdict = { may: 'pass', why: 'forbidden' };
const UNKNOWN: Verdict = { may: 'pass', why: 'foreign' };
const FORBIDDEN: Verdict = { may: 'refuse', why: 'forbidden' };
const FOREIGN: Verdict = { may: 'refuse', why: 'foreign' };

/** Judges one record of any session; everything of a trusted one is applied. */
export function mayApply(session: SessionRecord, record: NodeRecord, state: GcsState): Verdict {
  const { book } = session;
  if (!book) return APPLY;
  switch (record.kind) {
    case 'submit':
      return judgeSubmit(session, book, record, state);
    case 'put':
      return judgePut(session, book, record, state);
    case 'finish':
    case 'failed':
      return judgeEnd(session, record, state);
    case 'cancel':
      return isChildOfLease(session, record.task, state) ? APPLY : NOT_FOR_STRANGERS;
    case 'function':
      // Under a number that is taken there would be no end of them.
      if (session.functions[record.fn]) return FORBIDDEN;
      return record.fn < MAX_STRANGER_DEFINITIONS && mayCall(book, record.module) ? APPLY : NOT_FOR_STRANGERS;
    case 'options':
      if (session.options[record.options]) return FORBIDDEN;
      return record.options < MAX_STRANGER_DEFINITIONS ? APPLY : QUOTA;
    // Job code can ask for these on any node.
    case 'killActor':
    case 'module':
    case 'spill':
      return NOT_FOR_STRANGERS;
    default:
      return judgeObjectRecord(session, record, state);
  }
}

function judgeObjectRecord(session: SessionRecord, record: NodeRecord, state: GcsState): Verdict {
  switch (record.kind) {
    case 'want':
    case 'hold':
    case 'release':
    case 'located':
    case 'digest':
    case 'manifest':
    case 'corrupt':
      return judgeNames(session, [record.object], state);
    case 'found':
      return mayFind(session, record.object, state) ? APPLY : UNKNOWN;
    case 'succeeded':
      return APPLY;
    default:
      return FORBIDDEN;
  }
}

/**
 * True if the session may name this object: it made it, it was told of it, or its word is the object's value. Trusted
 * sessions may name all.
 */
export function mayName(session: SessionRecord, key: ObjectKey, state: GcsState): boolean {
  if (!session.book || sessionOfKey(key) === session.id) return true;
  return session.book.knows(state.resolve(key)) || state.object(key)?.source === session.id;
}

/** What it means to name these objects. */
function judgeNames(session: SessionRecord, keys: readonly ObjectKey[], state: GcsState): Verdict {
  for (const key of keys) {
    if (mayName(session, key, state)) continue;
    // An object that is gone was perhaps its to name.
    return session.book?.isComplete && state.object(key) ? FOREIGN : UNKNOWN;
  }
  return APPLY;
}

function judgeSubmit(
  session: SessionRecord,
  book: StrangerBook,
  record: NodeRecordOf<'submit'>,
  state: GcsState,
): Verdict {
  if (record.place === PLACE.here || record.parent === 0 || sessionOfKey(record.task) !== session.id) return FORBIDDEN;
  const parent = leaseOf(session, record.parent, state);
  if (!parent) return OVER;
  // Before the names are looked at: there may be a million of them.
  if (!hasRoom(book, parent, keptBytes(record))) return QUOTA;
  const names = judgeNames(session, [...record.deps, ...record.nested], state);
  if (names !== APPLY) return names;
  const fn = session.functions[record.fn];
  const isPlain = record.actor === 0 && fn?.kind === FUNCTION_KIND.task && fn.module === parent.fn.module;
  if (!isPlain || session.options[record.options]?.options.actor !== undefined) return NOT_FOR_STRANGERS;
  return APPLY;
}

function judgePut(session: SessionRecord, book: StrangerBook, record: NodeRecordOf<'put'>, state: GcsState): Verdict {
  if (record.parent === 0 || sessionOfKey(record.object) !== session.id) return FORBIDDEN;
  const parent = leaseOf(session, record.parent, state);
  if (!parent) return OVER;
  if (!hasRoom(book, parent, keptBytes(record))) return QUOTA;
  return judgeNames(session, record.nested, state);
}

function judgeEnd(session: SessionRecord, record: NodeRecordOf<'finish' | 'failed'>, state: GcsState): Verdict {
  // A node tries a leased task again itself only to find out which of several ended their worker, and that counts for none.
  if (record.kind === 'failed' && record.retriedHere && record.counted) return FORBIDDEN;
  if (!leaseOf(session, record.task, state))
    return judgeNames(session, [record.task], state) === FOREIGN ? FOREIGN : OVER;
  return record.kind === 'finish' ? judgeNames(session, record.nested, state) : APPLY;
}

/**
 * Whether the node may introduce functions of this module. After a start of the server the lease that brought the module may
 * be forgotten, and the node introduces nothing twice; whether a task may call the function is asked with each submission.
 */
function mayCall(book: StrangerBook, module: string): boolean {
  return !book.isComplete || book.hadModule(module);
}

/** A copy on the disk of a node counts if its value was the word of that node. */
function mayFind(session: SessionRecord, key: ObjectKey, state: GcsState): boolean {
  const source = state.sessions.get(state.object(key)?.source ?? 0);
  return source !== undefined && source.nodeId === session.nodeId;
}

function isChildOfLease(session: SessionRecord, key: ObjectKey, state: GcsState): boolean {
  const parent = state.task(key)?.parent ?? 0;
  return parent !== 0 && leaseOf(session, parent, state) !== undefined;
}

/** The task, if this session has it now. */
export function leaseOf(session: SessionRecord, key: ObjectKey, state: GcsState): TaskRecord | undefined {
  const task = state.task(key);
  const isLeased = task?.assigned === session.id && task.state === 'leased';
  return isLeased || task?.copy?.session === session.id ? task : undefined;
}

/** What the server keeps of a submission or a put. */
export function keptBytes(record: NodeRecordOf<'submit' | 'put'>): number {
  const names = record.nested.length + (record.kind === 'submit' ? record.deps.length : 0);
  return (record.kind === 'submit' ? record.args.length : record.value.length) + names * BYTES_PER_NAME;
}

function hasRoom(book: StrangerBook, lease: TaskRecord, bytes: number): boolean {
  const use = book.useOf(lease);
  return use.made < MAX_MADE_PER_LEASE && use.bytes + bytes <= MAX_BYTES_PER_LEASE;
}
