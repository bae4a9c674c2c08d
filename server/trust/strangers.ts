/**
 * Records of strangers' nodes on their way into the tables: those that may be are let through and counted against their
 * lease; of the others the node is told where it, or a task on it, would wait in vain.
 */
import {
  NotYetSupportedError,
  ObjectLostError,
  QuotaExceededError,
  TaskCancelledError,
} from '#shared/errors/daylight-error.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import type { NodeRecord, NodeRecordOf } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import { keptBytes, leaseOf, MAX_MADE_PER_LEASE, mayApply, type Verdict } from './may-apply.ts';

// Made once: an error costs a stack, and there may be thousands of these in one frame (rule T3).
const LOST = encodeError(new ObjectLostError('the object is not there for this node any more'));
const OVER = encodeError(new TaskCancelledError('the task that made this call is over'));
const ERRORS: Partial<Record<Verdict['why'], Uint8Array>> = {
  quota: encodeError(
    new QuotaExceededError(
      `on a node of a stranger one task makes at most ${MAX_MADE_PER_LEASE} tasks and values: give each less to do`,
    ),
  ),
  forbidden: encodeError(
    new NotYetSupportedError(
      'a task on a node of a stranger can call only functions of its own module: actors, methods and inline functions need trusted nodes',
    ),
  ),
};

/** Answers a submission that is not taken with an error. */
export type TurnAway = (session: SessionRecord, record: NodeRecordOf<'submit'>, error: Uint8Array) => void;

/** Lets through what strangers may say. */
export class Strangers {
  readonly #state: GcsState;
  readonly #turnAway: TurnAway;

  constructor(state: GcsState, turnAway: TurnAway) {
    this.#state = state;
    this.#turnAway = turnAway;
  }

  /**
   * True if the record is to be applied.
   *
   * @throws TypeError if it is one that no honest node writes.
   */
  admits(session: SessionRecord, record: NodeRecord): boolean {
    if (!session.book) return true;
    const verdict = mayApply(session, record, this.#state);
    if (verdict.may === 'refuse')
      throw new TypeError(
        verdict.why === 'foreign'
          ? `a stranger's node spoke of what it was not given (${record.kind})`
          : `a stranger's node may not say "${record.kind}" like this`,
      );
    if (verdict.may === 'pass') this.#tell(session, record, verdict);
    else if (record.kind === 'submit' || record.kind === 'put') this.#charge(session, record);
    return verdict.may === 'apply';
  }

  #charge(session: SessionRecord, record: NodeRecordOf<'submit' | 'put'>): void {
    const lease = leaseOf(session, record.parent, this.#state);
    if (!lease || !session.book) return;
    const use = session.book.useOf(lease);
    use.made += 1;
    use.bytes += keptBytes(record);
  }

  #tell(session: SessionRecord, record: NodeRecord, verdict: Verdict): void {
    const { ports } = this.#state;
    switch (record.kind) {
      case 'submit':
        this.#turnAway(session, record, ERRORS[verdict.why] ?? OVER);
        return;
      case 'want': {
        const { object } = record;
        const { error: status } = OBJECT_STATUS;
        ports.command(session, { kind: 'object', object, status, sizeBytes: LOST.length, value: LOST, nested: [] });
        return;
      }
      case 'put':
        if (record.value.length === 0) ports.command(session, { kind: 'dropCopy', object: record.object });
        return;
      case 'finish':
        // Also of a value in the record: the node keeps what refers to something from others on it until it is taken or refused (L5).
        ports.command(session, { kind: 'dropCopy', object: record.task });
        return;
      case 'located':
        if (record.present) ports.command(session, { kind: 'dropCopy', object: record.object });
        return;
      case 'found':
        ports.command(session, { kind: 'dropCopy', object: record.object });
        return;
      default:
    }
  }
}
