import { describe, expect, it } from 'vitest';
import { apiRows } from './api.ts';

describe('api', () => {
  it('asks a real server what a dashboard asks, checks the answers and says how long they took', async () => {
    const rows = await apiRows(20_000, 1);
    expect(rows.map(({ name, unit }) => [name, unit])).toEqual([
      ['API answers p95, lists of 10000 actors', 'ms'],
      ['API answers p95, lists of 20 000 past tasks', 'ms'],
      ['API answers p95, other routes', 'ms'],
      ['longest stall while the API is asked', 'ms'],
    ]);
    expect(rows[0]).toMatchObject({ limit: 200, value: expect.any(Number), note: expect.stringContaining('p50') });
    for (const { value, min, max } of rows) expect([min <= value, value <= max]).toEqual([true, true]);
  });
});
