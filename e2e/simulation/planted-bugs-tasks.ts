/**
 * Planted bugs of tasks: their names, attempts and resources (rules L1, L4, L5, M2, S1, S3, S4).
 */
import { LocalTasks } from '#client/raylet/local-tasks.ts';
import { Quarantine } from '#server/gcs/quarantine.ts';
import { Submissions } from '#server/gcs/submissions.ts';
import { systemError } from '#server/gcs/system-errors.ts';
import { TaskManager } from '#server/gcs/task-manager.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import { NodeResources } from '#shared/task/resources.ts';
import { mayRetry } from '#shared/task/retry-policy.ts';
import { CallOrder, watchBooks } from './planted-bugs-books.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const TASK_BUGS: readonly PlantedBug[] = [
  {
    name: 'next-of-held-not-let-go',
    rule: 'L4',
    mistake: 'of a function that is held, nothing follows the task that was let go alone',
    plant: (seam) => {
      seam.replace(Quarantine.prototype, 'closed', () => () => undefined);
      seam.replace(Quarantine.prototype, 'tick', () => () => undefined);
    },
  },
  {
    name: 'ids-by-call-order',
    rule: 'L1',
    mistake: 'a task that runs again finds its children by the order of its calls, whatever they are',
    plant: (seam) => {
      const books = watchBooks(seam);
      const order = new CallOrder();
      seam.replace(
        Submissions.prototype,
        'submit',
        (submit) =>
          function (this: Submissions, session, record) {
            const parent = books.state?.task(record.parent);
            if (!parent || record.place !== PLACE.ask) {
              submit.call(this, session, record);
              return;
            }
            const children = parent.made.filter((key) => books.state?.tasks.has(key));
            const former = books.state?.tasks.get(children[order.next(parent)] ?? 0);
            const { args, deps, nested, k } = former ?? record;
            submit.call(this, session, { ...record, args, deps: [...deps], nested: [...nested], k });
          },
      );
    },
  },
  {
    name: 'attempts-mixed',
    rule: 'L5',
    mistake: 'what a task puts when it runs again is taken for what its former attempt put in this place',
    plant: (seam) => {
      const books = watchBooks(seam);
      const order = new CallOrder();
      seam.replace(
        Submissions.prototype,
        'put',
        (put) =>
          function (this: Submissions, session, record) {
            const parent = books.state?.task(record.parent);
            if (!parent?.replayed) {
              put.call(this, session, record);
              return;
            }
            const puts = parent.made.filter((key) => (books.state?.objects.get(key)?.maker ?? -1) > 0);
            const { digest, k } = books.state?.objects.get(puts[order.next(parent)] ?? 0) ?? record;
            put.call(this, session, { ...record, digest, k });
          },
      );
    },
  },
  {
    name: 'departure-counts',
    rule: 'L4',
    mistake: 'a node that leaves costs each of its tasks a retry',
    plant: (seam) =>
      seam.replace(
        TaskManager.prototype,
        'lost',
        (lost) =>
          function (this: TaskManager, task, session) {
            task.failures += 1;
            if (mayRetry(task.options.options, task.failures)) lost.call(this, task, session);
            else this.end(task, systemError('nodeDied', `node ${session.nodeName} left`), 'failed');
          },
      ),
  },
  {
    name: 'oversubscribed',
    rule: 'S3',
    mistake: 'what fits is computed in whole CPUs, so half a CPU counts as none',
    plant: (seam) =>
      seam.replace(
        NodeResources.prototype,
        'fits',
        (fits) =>
          function (this: NodeResources, demand) {
            return fits.call(this, { ...demand, cpuMilli: Math.floor(demand.cpuMilli / 1000) * 1000 });
          },
      ),
  },
  {
    name: 'cpu-not-taken-again',
    rule: 'S3',
    mistake: 'a task that goes on after `get` does not take its CPU again',
    plant: (seam) => seam.replace(NodeResources.prototype, 'takeCpu', () => () => undefined),
  },
  {
    name: 'cpu-kept-while-blocked',
    rule: 'S3',
    mistake: 'a task that is blocked in `get` keeps its CPU',
    plant: (seam) => {
      seam.replace(NodeResources.prototype, 'giveCpu', () => () => undefined);
      seam.replace(NodeResources.prototype, 'takeCpu', () => () => undefined);
    },
  },
  {
    name: 'given-where-it-never-fits',
    rule: 'S4',
    mistake: 'a node is taken for one that fits although it has too few CPUs in all',
    plant: (seam) => seam.replace(NodeResources.prototype, 'couldEverFit', () => () => true),
  },
  {
    name: 'attempt-not-counted',
    rule: 'M2',
    mistake: 'a task whose result was lost runs again under the number of the attempt before',
    plant: (seam) =>
      seam.replace(
        TaskManager.prototype,
        'rerun',
        (rerun) =>
          function (this: TaskManager, task) {
            const { attempt } = task;
            const isStarted = rerun.call(this, task);
            task.attempt = attempt;
            return isStarted;
          },
      ),
  },
  {
    name: 'lease-home-ignored',
    rule: 'S1',
    mistake: 'a node passes over the lease of a task that was born on it',
    plant: (seam) =>
      seam.replace(
        LocalTasks.prototype,
        'lease',
        (lease) =>
          function (this: LocalTasks, command, fn, options) {
            if (!this.get(command.task)) lease.call(this, command, fn, options);
          },
      ),
  },
];
