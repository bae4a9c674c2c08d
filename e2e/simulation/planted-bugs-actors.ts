/**
 * Planted bugs of actors and their calls, and of calls taken back (rules A1, L7, L9, M2).
 */
import { ActorHost } from '#client/raylet/actor-host.ts';
import { ControlPlane } from '#server/control-plane.ts';
import { ActorManager } from '#server/gcs/actor-manager.ts';
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
    name: 'answered-calls-sent-again',
    rule: 'L9',
    mistake: 'after a start of the server every call without a result is sent again, not only those that no node has',
    plant: (seam) => {
      const books = watchBooks(seam);
      seam.replace(
        ActorManager.prototype,
        'resume',
        (resume) =>
          function (this: ActorManager, unanswered) {
            const sent = [...(books.state?.actors.values() ?? [])].flatMap((actor) => [...actor.inFlight]);
            resume.call(this, [...new Set([...unanswered, ...sent])]);
          },
      );
    },
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
      'a call that was on the way when its actor died is sent to the next life, although the former may have answered it',
    plant: (seam) =>
      seam.replace(
        ActorManager.prototype,
        'hostDied',
        (hostDied) =>
          function (this: ActorManager, actor, nodeName) {
            const calls = [...actor.inFlight];
            actor.inFlight.clear();
            hostDied.call(this, actor, nodeName);
            actor.pending.unshift(...calls);
          },
      ),
  },
  {
    name: 'cancel-lost',
    rule: 'L7',
    mistake: 'a call that was cancelled goes on',
    plant: (seam) => seam.replace(TaskManager.prototype, 'cancel', () => () => undefined),
  },
  {
    name: 'cancel-not-passed-on',
    rule: 'L7',
    mistake: 'the node that runs a cancelled task is not told',
    plant: (seam) =>
      seam.replace(
        ControlPlane.prototype,
        'command',
        (command) =>
          function (this: ControlPlane, session, said) {
            if (said.kind !== 'cancelTask') command.call(this, session, said);
          },
      ),
  },
];
