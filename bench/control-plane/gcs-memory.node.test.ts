import { describe, expect, it } from 'vitest';
import { memoryRows } from './gcs-memory.ts';

describe('gcs-memory', () => {
  it('G3 runs tasks through a server, finds all of them in its history and says what they left', async () => {
    const rows = await memoryRows(3_001);
    expect(rows.map(({ name, unit }) => [name, unit])).toEqual([
      ['server heap growth over 3001 tasks', 'MB'],
      ['server disk after 3001 tasks', 'MB'],
      ['server CPU per task over 3001 tasks', 'µs'],
      ['first of 3001 tasks found', 'ms'],
    ]);
    expect(rows[0]).toMatchObject({ limit: 200, value: expect.any(Number), note: expect.stringContaining('→') });
    for (const { value, min, max } of rows) expect([min, max]).toEqual([value, value]);
  });
});
