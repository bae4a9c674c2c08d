/**
 * A job as the person who lends the machine sees it: what it is called, who runs it, what for. All three are words of
 * strangers: shortened here, shown as text only, each in a direction of its own.
 */
import type { TabJob } from '#client/host/browser/tab-status.ts';
import { clipText, formatCount, formatDuration, formatNumber } from '../design/words.ts';

const NAME_LENGTH = 80;
const SUBMITTER_LENGTH = 80;
const PURPOSE_LENGTH = 280;

/** See above. */
export interface JobText {
  readonly job: number;
  readonly name: string;
  /** Empty if nobody said. */
  readonly submitter: string;
  readonly purpose: string;
  /** Said in place of what is missing; empty if nothing is. */
  readonly missing: string;
  readonly progress: string;
}

/** Jobs with tasks running, and the last few others. */
export interface JobLists {
  readonly now: readonly JobText[];
  readonly lately: readonly JobText[];
}

const missingWords = (submitter: string, purpose: string): string => {
  if (submitter === '') return purpose === '' ? 'Nobody said who runs it or what for.' : 'Nobody said who runs it.';
  return purpose === '' ? 'Nobody said what for.' : '';
};

/** What to show for a job. */
export function describeJob(job: TabJob): JobText {
  const submitter = clipText(job.submitter, SUBMITTER_LENGTH);
  const purpose = clipText(job.purpose, PURPOSE_LENGTH);
  const done = `${formatNumber(job.doneTasks)} done`;
  return {
    job: job.job,
    name: clipText(job.name, NAME_LENGTH) || `Job ${job.job}`,
    submitter,
    purpose,
    missing: missingWords(submitter, purpose),
    progress: job.runningTasks > 0 ? `${formatNumber(job.runningTasks)} running · ${done}` : done,
  };
}

/** The two lists of the page. */
export function listJobs(jobs: readonly TabJob[]): JobLists {
  const isRunning = (job: TabJob): boolean => job.runningTasks > 0;
  return {
    now: jobs.filter(isRunning).map(describeJob),
    lately: jobs.filter((job) => !isRunning(job)).map(describeJob),
  };
}

/** What was done between Start and Stop, as a sentence. */
export function describeThanks(doneTasks: number, upMs: number): string {
  if (doneTasks === 0) return 'There was no work this time. It helps to be there all the same.';
  return `This computer did ${formatCount(doneTasks, 'task')} in ${formatDuration(upMs)}.`;
}
