import { describe, expect, it } from 'vitest';
import type { TabJob } from '#client/host/browser/tab-status.ts';
import { describeJob, describeThanks, listJobs } from './job-text.ts';

const job = (change: Partial<TabJob>): TabJob => ({
  job: 7,
  name: 'digits',
  submitter: 'Ada',
  purpose: 'Reads digits.',
  runningTasks: 0,
  doneTasks: 0,
  ...change,
});

describe('describeJob', () => {
  it('T1 tells for whom and what', () => {
    expect(describeJob(job({ runningTasks: 2, doneTasks: 1284 }))).toEqual({
      job: 7,
      name: 'digits',
      submitter: 'Ada',
      purpose: 'Reads digits.',
      missing: '',
      progress: '2 running · 1,284 done',
    });
  });

  it.each([
    ['', '', 'Nobody said who runs it or what for.'],
    ['', 'p', 'Nobody said who runs it.'],
    ['s', '', 'Nobody said what for.'],
    [' \u202e ', 'p', 'Nobody said who runs it.'],
  ])('T1 says what nobody said: %j %j', (submitter, purpose, missing) => {
    expect(describeJob(job({ submitter, purpose })).missing).toBe(missing);
  });

  it("T1 keeps a stranger's words short and gives a job without a name one", () => {
    const text = describeJob(job({ name: '\u0000', submitter: 's'.repeat(1e6), purpose: 'p'.repeat(1e6) }));
    expect(text.name).toBe('Job 7');
    expect(text.submitter).toHaveLength(80);
    expect(text.purpose).toHaveLength(280);
  });

  it('T1 lists what runs apart from what ran', () => {
    const lists = listJobs([job({ job: 1, runningTasks: 1 }), job({ job: 2 }), job({ job: 3, runningTasks: 4 })]);
    expect(lists.now.map((each) => each.job)).toEqual([1, 3]);
    expect(lists.lately.map((each) => each.job)).toEqual([2]);
  });

  it('T1 thanks for what was done, and for waiting too', () => {
    expect(describeThanks(1643, 8_040_000)).toBe('This computer did 1,643 tasks in 2 h 14 min.');
    expect(describeThanks(0, 60_000)).toContain('no work this time');
  });
});
