/**
 * The card that says for whom and what this computer works.
 */
import type { TabJob } from '#client/host/browser/tab-status.ts';
import { byId, make, redraw, show } from './elements.ts';
import { listJobs, type JobText } from './job-text.ts';

/** A stranger's words in their own direction. */
function foreign(text: string): HTMLElement {
  const element = make('bdi', '', text);
  element.dir = 'auto';
  return element;
}

function drawJob(job: JobText): HTMLLIElement {
  const item = make('li', '');
  item.append(make('h4', '', foreign(job.name)), make('span', 'badge', job.progress));
  if (job.submitter !== '') item.append(make('p', 'purpose', 'For ', foreign(job.submitter)));
  if (job.purpose !== '') {
    const purpose = make('p', 'purpose soft', job.purpose);
    purpose.dir = 'auto';
    item.append(purpose);
  }
  if (job.missing !== '') item.append(make('p', 'purpose soft', job.missing));
  return item;
}

/** Shows the jobs of a status. */
export function drawJobs(jobs: readonly TabJob[]): void {
  const lists = listJobs(jobs);
  show(byId('jobs-empty', HTMLElement), jobs.length === 0);
  for (const name of ['now', 'lately'] as const) {
    show(byId(`jobs-${name}-part`, HTMLElement), lists[name].length > 0);
    redraw(byId(`jobs-${name}`, HTMLElement), lists[name], () => lists[name].map(drawJob));
  }
}
