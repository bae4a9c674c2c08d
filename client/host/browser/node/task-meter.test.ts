import { describe, expect, it } from 'vitest';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { type JobWords, TaskMeter } from './task-meter.ts';

const NO_BYTES = new Uint8Array(0);

function run(task: number, job: number): WorkerCommand {
  return {
    kind: 'run',
    task,
    attempt: 1,
    actor: 0,
    fn: 0,
    args: NO_BYTES,
    deps: [],
    nested: [],
    claim: 0,
    job,
    gpu: false,
  };
}

function result(task: number, durationUs: number, outcome: number = OUTCOME.value): WorkerRequest {
  return { kind: 'result', task, outcome, durationUs, sizeBytes: 0, value: NO_BYTES, nested: [], attachment: 0 };
}

function meter() {
  const asked = new Map<number, (words: JobWords) => void>();
  return { asked, meter: new TaskMeter(0, (job, tell) => void asked.set(job, tell)) };
}

describe('task meter', () => {
  it('T1 counts by job, and asks for its words once', () => {
    const { meter: tasks, asked } = meter();
    tasks.sent(1, run(11, 3), 10);
    tasks.sent(1, run(12, 3), 10);
    tasks.sent(2, run(13, 4), 11);
    asked.get(3)?.({ name: 'digits', submitter: 'Ada', purpose: 'to read' });
    tasks.heard(1, result(11, 500), 20);
    tasks.heard(2, result(13, 500, OUTCOME.error), 20);
    expect(asked.size).toBe(2);
    expect(tasks).toMatchObject({ doneTasks: 2, failedTasks: 1 });
    expect(tasks.jobs()).toMatchObject([
      { job: 3, name: 'digits', submitter: 'Ada', purpose: 'to read', runningTasks: 1, doneTasks: 1 },
      { job: 4, name: 'job 4', runningTasks: 0, doneTasks: 1 },
    ]);
  });

  it('T1 believes a result only from the worker that was given the task', () => {
    const { meter: tasks } = meter();
    tasks.sent(1, run(11, 3), 0);
    tasks.heard(2, result(11, 500), 1);
    expect(tasks.doneTasks).toBe(0);
    expect(tasks.jobs()).toMatchObject([{ runningTasks: 1 }]);
  });

  it('T1 what a worker had is not running any more when it ends, nor is what it gave back', () => {
    const { meter: tasks } = meter();
    tasks.sent(1, run(11, 3), 0);
    tasks.sent(2, run(12, 3), 0);
    tasks.heard(1, { kind: 'memory', heapBytes: 10, bufferBytes: 20 }, 1);
    expect(tasks.memoryBytes).toBe(30);
    tasks.ended(1);
    tasks.heard(2, { kind: 'recalled', task: 12 }, 1);
    expect(tasks.memoryBytes).toBe(0);
    expect(tasks.jobs()).toMatchObject([{ runningTasks: 0, doneTasks: 0 }]);
  });

  it('T1 measures busy cores from run times, and takes a worker that reports nothing for busy', () => {
    const { meter: tasks } = meter();
    tasks.sent(1, run(11, 3), 0);
    tasks.heard(1, result(11, 1_000_000), 1_500);
    tasks.look(2_000, 4);
    expect(tasks.busyCores).toBeCloseTo(0.5);
    tasks.sent(1, run(12, 3), 2_000);
    tasks.look(4_000, 4);
    expect(tasks.busyCores).toBe(1);
    tasks.look(6_000, 1);
    expect(tasks.busyCores).toBe(1);
  });

  it('B1 remembers a bounded number of jobs that are over', () => {
    const { meter: tasks } = meter();
    for (let job = 1; job <= 100; job += 1) {
      tasks.sent(1, run(job, job), job);
      tasks.heard(1, result(job, 1), job);
      expect(tasks.jobs().length).toBeLessThanOrEqual(5);
    }
    expect(tasks.jobs().map(({ job }) => job)).toEqual([100, 99, 98, 97, 96]);
  });
});
