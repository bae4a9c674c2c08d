/**
 * Planted bugs of actors and their calls, and of calls taken back (rules A1, L7, L9, M2).
 */
import { RunSender } from '#client/raylet/run-sender.ts';
import { ActorHost } from '#client/raylet/actor-host.ts';
import { ActorManager } from '#server/gcs/actor-manager.ts';
import { moveTask } from '#shared/task/task-state.ts';
import { TaskManager } from '#server/gcs/task-manager.ts';
import { watchBooks } from './planted-bugs-books.ts';
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
    name: 'call-of-the-dead-sent-again',
    rule: 'L9',
    mistake:
      'calls on the way when the node of their actor died go to its next life, although the former may have run them',
    plant: (seam) => {
      const books = watchBooks(seam);
      seam.replace(
        ActorManager.prototype,
        'hostDied',
        (hostDied) =>
          function (this: ActorManager, actor, nodeName) {
            if (actor.creation.options.options.maxRestarts < 0) actor.inFlight.clear();
            hostDied.call(this, actor, nodeName);
          },
      );
      seam.replace(
        TaskManager.prototype,
        'lost',
        (lost) =>
          function (this: TaskManager, task, session) {
            const actor = books.gcs?.state.actors.get(task.actor);
            if (actor?.state !== 'restarting') {
              lost.call(this, task, session);
              return;
            }
            books.gcs?.runs.leave(task);
            moveTask(task, 'waiting');
            moveTask(task, 'queued');
            actor.pending.push(task);
          },
      );
    },
  },
  {
    name: 'cancel-lost',
    rule: 'L7',
    mistake: 'a call that was cancelled goes on',
    plant: (seam) => seam.replace(TaskManager.prototype, 'cancel', () => () => undefined),
  },
];
