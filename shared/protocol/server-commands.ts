/**
 * What the server tells a node's session: a numbered stream of commands, the counterpart of the node's journal.
 *
 * Commands are not durable. Over a broken connection the server sends again what the node has not received; after a
 * restart of the server the node reports what it runs and holds (rule M3) and the stream starts anew.
 */
import { array, bool, bytes, uint } from '../wire/schema.ts';
import { recordBatch, type RecordOf } from '../wire/columnar.ts';
import { INLINE_BYTES, MAX_ARGS_BYTES, MAX_REFERENCES } from './limits.ts';
import { functionFields, optionsFields } from './node-records.ts';

const keys = array(uint, { maxCount: MAX_REFERENCES });

/** What is known of an object (the `status` of an `object` command or message). */
export const OBJECT_STATUS = {
  /** `value` holds its flat bytes. */
  inline: 0,
  /** It lies in the store of some node and has to be fetched. */
  stored: 1,
  /** Its task failed; `value` holds the encoded error. */
  error: 2,
} as const;

/** Every command the server can send to a node, by kind. */
export const serverCommands = recordBatch({
  /** Run this task. Its dependencies were described by `object` commands before it. */
  lease: {
    task: uint,
    attempt: uint,
    job: uint,
    actor: uint,
    /** Whose call it is: calls of one caller to one actor start in order (rule A1). */
    caller: uint,
    /** For an actor's creation and its calls: the incarnation meant (rule M2). */
    incarnation: uint,
    fn: uint,
    options: uint,
    args: bytes({ maxBytes: MAX_ARGS_BYTES * 2 }),
    deps: keys,
    nested: keys,
  },
  /** An object the session waits for, or a dependency of the lease that follows. */
  object: { object: uint, status: uint, sizeBytes: uint, value: bytes({ maxBytes: INLINE_BYTES * 2 }), nested: keys },
  /** The answer to a submission with place `ask`: it is new (`here`: run it yourself), or being made elsewhere. */
  assign: { task: uint, here: bool },
  cancelTask: { task: uint, force: bool },
  /** Drop the local copy: nobody holds the object any more. */
  dropCopy: { object: uint },
  killActor: { actor: uint, incarnation: uint },
  /** Stop everything of this job (rule J3). */
  stopJob: { job: uint },
  function: functionFields,
  options: optionsFields,
  /** How many other nodes can take work, told again when that becomes or ceases to be none: then everything stays where it was born (rule S1). */
  peers: { nodes: uint },
  /** The cluster does not know this node's owner: what is born here goes to the server, and nothing of it is believed unchecked (S1, T4). */
  stranger: {},
  /** Of the lease that follows: how many attempts ended by the task's own fault. Not told if all before did (rule L4). */
  failures: { task: uint, count: uint },
  /** Another attempt's result was accepted (rule S6): end this one without a result. The value comes as that of any object. */
  withdraw: { task: uint, attempt: uint },
  /** End the actor in its own good time (rule A3): the calls that it has are answered, then it tidies up. */
  retireActor: { actor: uint, incarnation: uint },
  /**
   * Of the lease that follows: the actor lived before (rule A2). It restores this object (0: none), which stands for its first
   * `number` calls. Calls of this node go to it by way of the server until `caughtUp`.
   */
  restore: { actor: uint, object: uint, number: uint },
  /** The actor has repeated what its former lives did, and was sent what waited for it. */
  caughtUp: { actor: uint, incarnation: uint },
  /** Keep a copy of this object, described just before, until `dropCopy`: it is to outlive the node that has it. */
  keep: { object: uint },
});

/** One command. */
export type ServerCommand = RecordOf<typeof serverCommands>;
/** The command of one kind. */
export type ServerCommandOf<Kind extends ServerCommand['kind']> = Extract<ServerCommand, { kind: Kind }>;
