import { describe, expect, it } from 'vitest';
import { Node } from '#shared/api/schemas.ts';
import { textPattern } from '#shared/text/text-pattern.ts';
import { ERRAND_PURPOSE, everydayJobs, isErrand, LENDING_ROLES, LIVING_STATES } from './everyday-rows.ts';
import { cannedApi } from './testing/canned-api.ts';

/** What a column of a node can say. */
function valuesOf(column: 'role' | 'state'): string[] {
  return (Node.properties[column] as unknown as { enum: string[] }).enum;
}

describe('nodes that a person means', () => {
  it('are those that lend and live, by every role and state that the API knows', () => {
    expect(valuesOf('role').filter((role) => !textPattern(LENDING_ROLES)(role))).toEqual(['driver']);
    expect(valuesOf('state').filter((state) => !textPattern(LIVING_STATES)(state))).toEqual(['dead']);
  });
});

describe('jobs that a person means', () => {
  const errand = { kind: 'driver', purpose: ERRAND_PURPOSE, submitted: 0 } as const;
  const jobs = Array.from({ length: 40 }, (_, index) => ({
    id: String(40 - index),
    kind: 'driver',
    purpose: index % 2 === 0 ? ERRAND_PURPOSE : 'to see',
    submitted: 0,
  }));
  /** A server that has these, newest first. */
  const listJobs = ({ limit, after }: { limit: string; after?: string }) => {
    const left = jobs.filter(({ id }) => after === undefined || Number(id) < Number(after));
    const items = left.slice(0, Number(limit));
    return { items, next: items.length < left.length ? items.at(-1)?.id : null };
  };

  it('are not those of put and get, which never have a task', () => {
    expect(isErrand(errand)).toBe(true);
    expect(isErrand({ ...errand, submitted: 1 })).toBe(false);
    expect(isErrand({ ...errand, kind: 'submitted' })).toBe(false);
    expect(isErrand({ ...errand, purpose: 'daylight get' })).toBe(false);
  });

  it('are as many as are wanted, in as few pages as they need', async () => {
    const { api, asked } = cannedApi({ jobs: listJobs });
    const { items, next } = await everydayJobs(api, { query: { submitter: 'me' }, limit: 3 });
    expect(items.map(({ id }) => id)).toEqual(['39', '37', '35']);
    expect(next).toBe('35');
    expect(asked).toEqual(['jobs?submitter=me&limit=16']);
    const whole = await everydayJobs(api, { limit: 30 });
    expect(whole.items).toHaveLength(20);
    expect(whole.next).toBeNull();
  });
});
