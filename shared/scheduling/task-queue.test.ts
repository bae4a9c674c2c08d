import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOT_QUEUED, type Queued, TaskQueue } from './task-queue.ts';

interface Task extends Queued {
  readonly age: number;
  readonly priority: number;
}

const ORDER = { priorityOf: (task: Task) => task.priority, isOlder: (a: Task, b: Task) => a.age < b.age };

function taskOf(age: number, priority = 0): Task {
  return { age, priority, queuePlace: NOT_QUEUED };
}

function drain(queue: TaskQueue<Task>): Task[] {
  const taken: Task[] = [];
  for (let task = queue.first(); task; task = queue.first()) {
    queue.remove(task);
    taken.push(task);
  }
  return taken;
}

describe('TaskQueue', () => {
  it('S5 higher priority first, then age; one that comes back keeps its age', () => {
    const queue = new TaskQueue(ORDER);
    const [a, b, c, d] = [taskOf(1), taskOf(2), taskOf(3, 5), taskOf(4, -1)] as const;
    for (const task of [a, b, c, d]) queue.add(task);
    queue.remove(a);
    const e = taskOf(5);
    queue.add(e);
    queue.add(a);
    expect(queue.last()).toBe(d);
    expect(drain(queue)).toEqual([c, a, b, e, d]);
  });

  it('S5 is in order whatever comes and goes', () => {
    const acts = fc.array(fc.tuple(fc.constantFrom('add', 'take', 'remove', 'again'), fc.nat(1000), fc.nat(3)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(acts, (all) => {
        const queue = new TaskQueue(ORDER);
        let inside: Task[] = [];
        const gone: Task[] = [];
        let age = 0;
        for (const [act, pick, priority] of all) {
          const task = act === 'again' ? gone.pop() : act === 'add' ? taskOf(age++, priority) : undefined;
          if (task) {
            queue.add(task);
            inside.push(task);
          } else if (inside.length > 0) {
            const next = act === 'take' ? queue.first() : inside[pick % inside.length];
            if (!next) throw new Error('nothing to take');
            queue.remove(next);
            inside = inside.filter((each) => each !== next);
            gone.push(next);
          }
          const first = inside.toSorted((a, b) => b.priority - a.priority || a.age - b.age)[0];
          expect(queue.first()).toBe(first);
          expect(queue.size).toBe(inside.length);
          expect(queue.last()?.priority).toBe(
            inside.length === 0 ? undefined : Math.min(...inside.map((each) => each.priority)),
          );
        }
      }),
    );
  });

  it('B1 a long queue that is taken from both ends stays in order and forgets the places that are empty', () => {
    const queue = new TaskQueue(ORDER);
    const tasks = Array.from({ length: 20_000 }, (_, age) => taskOf(age));
    for (const task of tasks) queue.add(task);
    for (const task of tasks) if (task.age % 8 !== 0) queue.remove(task);
    for (let age = 1; age < 20_000; age += 2000) queue.add(tasks[age] ?? taskOf(age));
    const ages = drain(queue).map(({ age }) => age);
    expect(ages).toEqual(ages.toSorted((a, b) => a - b));
    expect(ages).toHaveLength(2_500 + 10);
    expect(tasks.every(({ queuePlace }) => queuePlace === NOT_QUEUED)).toBe(true);
  });
});
