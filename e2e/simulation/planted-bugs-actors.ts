/**
 * Planted bugs of actors and their calls, and of calls taken back (rules A1, L7, L9, M2).
 */
import { RunSender } from '#client/raylet/run-sender.ts';
import { ActorHost } from '#client/raylet/actor-host.ts';
import { CallLog } from '#client/raylet/call-log.ts';
import { ActorHistories } from '#server/gcs/actor-history.ts';
import { ActorManager } from '#server/gcs/actor-manager.ts';
import { TaskManager } from '#server/gcs/task-manager.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const ACTOR_BUGS: readonly PlantedBug[] = [
  {
    name: 'ready-call-first',
    rule: 'A1',
    mistake: 'a call of an actor whose inputs are there passes earlier ones of its caller that wait for theirs',
    plant: (seam) =>
      seam.replace(
        ActorHost.prototype,
        'ready',
        (ready) =>
          function (this: ActorHost, actor, call) {
            const queue = actor.callers.get(call.caller);
            for (const other of [...(queue ?? [])]) if (other.missing > 0 && queue?.delete(other)) queue.add(other);
            ready.call(this, actor, call);
          },
      ),
  },
  {
    name: 'call-run-twice',
    rule: 'L9',
    mistake: 'a call of an actor is sent to its worker twice',
    plant: (seam) =>
      seam.replace(
        RunSender.prototype,
        'run',
        (run) =>
          function (this: RunSender, task, worker) {
            run.call(this, task, worker);
            if (task.actor !== 0) run.call(this, task, worker);
          },
      ),
  },
  {
    name: 'actor-on-dead-node',
    rule: 'M2',
    mistake: 'the calls of an actor go to the node of its former life although that is dead',
    plant: (seam) => seam.replace(ActorManager.prototype, 'hostDied', () => () => undefined),
  },
  {
    name: 'checkpoint-covers-one-more',
    rule: 'A2',
    mistake: 'a checkpoint is taken to stand for a call that began after it',
    plant: (seam) =>
      seam.replace(
        ActorHistories.prototype,
        'saved',
        (saved) =>
          function (this: ActorHistories, session, record) {
            saved.call(this, session, { ...record, number: record.number + 1 });
          },
      ),
  },
  {
    name: 'answered-calls-not-repeated',
    rule: 'A2',
    mistake: 'a new life of an actor is given the calls that were not answered, and not those that were',
    plant: (seam) =>
      seam.replace(
        ActorHistories.prototype,
        'died',
        (died) =>
          function (this: ActorHistories, actor, isBlamed, mayRetry) {
            for (const call of actor.history.calls.filter(({ state }) => state === 'finished'))
              this.strike(actor, call);
            return died.call(this, actor, isBlamed, mayRetry);
          },
      ),
  },
  {
    name: 'checkpoint-not-restored',
    rule: 'A2',
    mistake: 'a new life of an actor begins without what was saved',
    plant: (seam) => seam.replace(CallLog.prototype, 'restore', () => () => false),
  },
  {
    name: 'cancel-lost',
    rule: 'L7',
    mistake: 'a call that was cancelled goes on',
    plant: (seam) => seam.replace(TaskManager.prototype, 'cancel', () => () => undefined),
  },
];
