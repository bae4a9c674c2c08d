import { describe, expect, it } from 'vitest';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { rowOf } from './columns.ts';
import { jobColumns, NODE_COLUMNS } from './views.ts';

describe('views', () => {
  it('shows who lends, what of, and whether its owner is known', () => {
    const world = new GcsWorld();
    const tab = world.stranger();
    tab.facts = { browser: 'Chromium' };
    const view = (session: typeof tab): unknown => rowOf(NODE_COLUMNS, session);
    expect(view(tab)).toMatchObject({ role: 'tab', trusted: false, paused: false, facts: { browser: 'Chromium' } });
    world.gcs.sessions.setCapacity(tab, { cpuMilli: 0, resources: [] });
    expect(view(tab)).toMatchObject({ paused: true, cpus: 0 });
    expect(view(world.open())).toMatchObject({ trusted: true, facts: null });
    expect(view(world.driver())).toMatchObject({ role: 'driver', paused: false });
  });

  it('shows for whom a job runs and what for', () => {
    const world = new GcsWorld();
    const driver = world.driver();
    world.say(driver, { kind: 'jobInfo', submitter: 'Ada', purpose: 'rain' });
    const job = world.gcs.state.jobs.get(1);
    expect(job && rowOf(jobColumns(undefined), job)).toMatchObject({ submitter: 'Ada', purpose: 'rain' });
  });
});
