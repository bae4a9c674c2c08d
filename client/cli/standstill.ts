/**
 * A job that is waited for and does not move: noticing that, and finding out once whether anything can ever run. Most often
 * nothing is wrong and a task simply takes its time; then nothing is said.
 */
import type { ApiClient } from '#shared/api/client.ts';
import { takeRows } from './cluster-api.ts';
import { infeasibleTasks } from './cluster-warnings.ts';
import { plainLine } from './printable.ts';

/** So long nothing may happen before it is asked why. */
const STANDS_STILL_MS = 3_000;
/** Waiting tasks of a job that are looked through for one that can never run. */
const LOOKED_THROUGH = 100;

/** Watches how far a job is. */
export class Standstill {
  #words = '';
  #sinceMs: number | undefined;
  #isTold = false;

  /** True once for each standstill; `words` say how far the job is at `nowMs`. */
  begins(words: string, nowMs: number): boolean {
    if (words !== this.#words || this.#sinceMs === undefined) {
      this.#words = words;
      this.#sinceMs = nowMs;
      this.#isTold = false;
    }
    if (this.#isTold || nowMs - this.#sinceMs < STANDS_STILL_MS) return false;
    this.#isTold = true;
    return true;
  }
}

/** Why nothing of a job can run, with what to do; nothing if something can. */
export async function whyNothingRuns(api: ApiClient, job: string): Promise<string[]> {
  const cluster = await api.call('getCluster');
  // Right after a start of the server its nodes are still on their way.
  if (cluster.infeasible.length === 0 || cluster.inGrace) return [];
  const { items } = await takeRows(api, 'listTasks', { query: { job, state: 'queued' }, limit: LOOKED_THROUGH });
  const stuck = items.find(({ demand }) => cluster.infeasible.some((one) => one.demand === demand));
  if (stuck === undefined) return [];
  const { hosts, tabs, cpus } = cluster;
  return hosts + tabs === 0 && cpus === 0
    ? [...infeasibleTasks(cluster), '  lend this machine: daylight join (or daylight join URL --token … on another)']
    : [`${stuck.id} (${plainLine(stuck.fn)}) asks for what no node has: daylight why ${stuck.id}`];
}
