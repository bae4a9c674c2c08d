import { describe, expect, it } from 'vitest';
import type { LiveSnapshot } from '#shared/api/live.ts';
import { LiveAudience } from './live-audience.ts';

class Page {
  isWritable = true;
  readonly heard: string[] = [];
}

/** A cluster of so many tasks, in which jobs have names. */
class Fixture {
  tasks = 1;
  made = 0;
  now = 0;
  readonly jobs = new Map<string, number>();
  readonly audience = new LiveAudience<Page>(
    {
      shared: () => {
        this.made += 1;
        this.now += 1;
        const cluster = { objects: this.tasks, now: String(this.now) };
        return { cluster, jobs: [], nodes: [], alerts: [] } as unknown as LiveSnapshot;
      },
      job: (id) => {
        const line = this.jobs.get(id);
        return line === undefined ? undefined : ({ job: { id }, lastLogLine: line } as LiveSnapshot['job']);
      },
    },
    (pages, { cluster, job }) => {
      const text = `${cluster.objects}${job ? ` ${job.job.id}:${job.lastLogLine}` : ''}`;
      for (const page of pages) page.heard.push(text);
    },
  );

  page(): Page {
    const page = new Page();
    this.audience.add(page);
    return page;
  }
}

describe('the audience of the live channel', () => {
  it('B1 hears one snapshot, made once, and another when something has changed', () => {
    const fixture = new Fixture();
    fixture.audience.tell();
    expect(fixture.made).toBe(0);
    const pages = [fixture.page(), fixture.page()];
    for (const tasks of [1, 1, 2, 2, 3]) {
      fixture.tasks = tasks;
      fixture.audience.tell();
    }
    for (const page of pages) expect(page.heard).toEqual(['1', '2', '3']);
    expect(fixture.made).toBe(5);
  });

  it('each hears of the job that it looks at', () => {
    const fixture = new Fixture();
    fixture.jobs.set('7', 1).set('8', 5);
    const [one, other, none] = [fixture.page(), fixture.page(), fixture.page()];
    fixture.audience.looksAt(one, '7');
    fixture.audience.looksAt(other, '8');
    fixture.audience.looksAt(none, '99');
    fixture.audience.tell();
    fixture.jobs.set('8', 6);
    fixture.audience.tell();
    fixture.audience.looksAt(one, '8');
    fixture.audience.tell();
    fixture.audience.looksAt(one, undefined);
    fixture.audience.tell();
    expect(one.heard).toEqual(['1 7:1', '1 8:6', '1']);
    expect(other.heard).toEqual(['1 8:5', '1 8:6']);
    expect(none.heard).toEqual(['1']);
  });

  it('B1 who is slow gets the latest when it can, who comes late at once, who left nothing', () => {
    const fixture = new Fixture();
    const slow = fixture.page();
    slow.isWritable = false;
    for (fixture.tasks = 1; fixture.tasks < 4; fixture.tasks++) fixture.audience.tell();
    slow.isWritable = true;
    fixture.audience.tell();
    const late = fixture.page();
    fixture.audience.tell();
    fixture.audience.remove(slow);
    fixture.tasks = 9;
    fixture.audience.tell();
    expect([slow.heard, late.heard]).toEqual([['4'], ['4', '9']]);
    fixture.audience.remove(late);
    fixture.audience.looksAt(late, '7');
    expect(fixture.audience.size).toBe(0);
  });
});
