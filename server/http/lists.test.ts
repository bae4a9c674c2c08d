import { describe, expect, it } from 'vitest';
import { filterOf } from './columns.ts';
import type { Columns } from './columns.ts';
import { numberedTable } from './api/parts.ts';
import { listQueryOf, pageOf } from './lists.ts';
import { Turns } from './turns.ts';

interface Fruit {
  readonly id: string;
  readonly name: string;
  readonly grams: number | null;
  readonly places: string[];
  readonly ripe: boolean;
}

interface FruitRecord extends Omit<Fruit, 'id'> {
  readonly id: number;
}

const COLUMNS: Columns<FruitRecord, Fruit> = {
  id: ({ id }) => String(id),
  name: ({ name }) => name,
  grams: ({ grams }) => grams,
  places: ({ places }) => places,
  ripe: ({ ripe }) => ripe,
};

/** A clock that stands still unless it is told not to. */
class TestClock {
  atMs = 0;
  turns = 0;
  readonly #stepMs: number;

  constructor(stepMs = 0) {
    this.#stepMs = stepMs;
  }

  nowMs(): number {
    this.atMs += this.#stepMs;
    return this.atMs;
  }

  defer(callback: () => void): void {
    this.turns += 1;
    queueMicrotask(callback);
  }
}

function basket(...fruits: [string, number | null][]): Map<number, FruitRecord> {
  return new Map(
    fruits.map(([name, grams], index) => {
      const id = index + 1;
      return [id, { id, name, grams, places: id % 2 === 0 ? ['shelf', `box ${id}`] : [], ripe: id > 2 }];
    }),
  );
}

const FRUITS = basket(['Apple', 150], ['pear', 170], ['fig 10', null], ['fig 9', 40], ['plum', 40], ['apple', 160]);

async function page(
  query: Record<string, unknown>,
  fruits: Map<number, FruitRecord> = FRUITS,
  clock = new TestClock(),
): Promise<{ ids: string[]; next: string | null }> {
  const { items, next } = await pageOf(numberedTable(fruits), COLUMNS, listQueryOf(query, COLUMNS), new Turns(clock));
  return { ids: items.map(({ id }) => id), next };
}

/** The ids of all pages, each of so many rows. */
async function pages(query: Record<string, unknown>, fruits = FRUITS): Promise<string[][]> {
  const all: string[][] = [];
  for (let after: string | null | undefined; after !== null;) {
    // oxlint-disable-next-line no-await-in-loop -- one page after the other
    const { ids, next } = await page({ ...query, ...(after === undefined ? {} : { after }) }, fruits);
    all.push(ids);
    after = next;
  }
  return all;
}

describe('lists', () => {
  it('are newest first, in pages', async () => {
    expect(await pages({ limit: 4 })).toEqual([
      ['6', '5', '4', '3'],
      ['2', '1'],
    ]);
    expect(await pages({ limit: 3 })).toEqual([
      ['6', '5', '4'],
      ['3', '2', '1'],
    ]);
    expect(await pages({}, new Map())).toEqual([[]]);
  });

  it.each([
    [{ name: 'apple' }, ['6']],
    [{ name: 'apple*' }, ['6', '1']],
    [{ name: '*p*l*' }, ['6', '5', '1']],
    [{ grams: '40' }, ['5', '4']],
    [{ grams: '4*' }, ['5', '4']],
    [{ grams: '*' }, ['6', '5', '4', '2', '1']],
    [{ grams: 'null' }, ['3']],
    [{ places: 'shelf' }, ['6', '4', '2']],
    [{ places: 'box*' }, ['6', '4', '2']],
    [{ ripe: 'true', places: '*' }, ['6', '4']],
    [{ id: '3' }, ['3']],
    [{ name: '' }, []],
  ])('have only what passes the filters %j', async (query, ids) => {
    expect((await page(query)).ids).toEqual(ids);
  });

  it('are filtered before the limit', async () => {
    expect(await pages({ limit: 1, grams: '40' })).toEqual([['5'], ['4']]);
    expect(await pages({ limit: 2, places: 'shelf' })).toEqual([['6', '4'], ['2']]);
  });

  it.each([
    ['name', ['6', '1', '4', '3', '2', '5']],
    ['-name', ['5', '2', '3', '4', '1', '6']],
    ['grams', ['5', '4', '1', '6', '2', '3']],
    ['-grams', ['2', '6', '1', '5', '4', '3']],
    ['id', ['1', '2', '3', '4', '5', '6']],
    ['-places', ['6', '4', '2', '5', '3', '1']],
    ['ripe', ['2', '1', '6', '5', '4', '3']],
  ])('are sorted by %s, whatever the size of the pages', async (sort, ids) => {
    for (const limit of [1, 2, 4, 6, 100]) expect((await pages({ sort, limit })).flat()).toEqual(ids);
  });

  it('go on where they were although the row of the cursor is gone', async () => {
    for (const sort of [{}, { sort: 'grams' }]) {
      const fruits = new Map(FRUITS);
      const { ids, next } = await page({ ...sort, limit: 2 }, fruits);
      for (const id of ids) fruits.delete(Number(id));
      const rest = await page({ ...sort, limit: 9, after: next }, fruits);
      expect([...ids, ...rest.ids].toSorted()).toEqual(['1', '2', '3', '4', '5', '6']);
    }
  });

  it('say what is wrong with a question', async () => {
    await expect(async () => page({ sort: 'colour' })).rejects.toThrow(/no column "colour".*use id, name/);
    await expect(page({ after: 'x' })).rejects.toThrow(/"after"/);
    for (const after of ['x', 'bnVsbA', 'WzEsMl0x', 'W3t9LDFd'])
      await expect(page({ after, sort: 'name' })).rejects.toThrow(/"after"/);
  });

  it('B1 give others a turn every few milliseconds, and stop when the time is up', async () => {
    const many = new Map(
      Array.from({ length: 100_000 }, (_, index): [number, FruitRecord] => [
        index + 1,
        { id: index + 1, name: index === 0 ? 'last' : 'other', grams: 0, places: [], ripe: false },
      ]),
    );
    const clock = new TestClock(1);
    let after: string | null = null;
    const ids: string[] = [];
    let asked = 0;
    do {
      const query: Record<string, unknown> = { name: 'last', ...(after === null ? {} : { after }) };
      // oxlint-disable-next-line no-await-in-loop -- one page after the other
      const answer = await page(query, many, clock);
      ids.push(...answer.ids);
      after = answer.next;
      asked += 1;
    } while (after !== null);
    expect(ids).toEqual(['1']);
    expect(asked).toBeGreaterThan(5);
    // 100 000 rows, 64 to a look at the clock, 4 ms to a turn.
    expect(clock.turns).toBeGreaterThan(300);
  });
});

describe('filters', () => {
  it('read JSON as text', () => {
    expect(filterOf('facts', '*"browser":"Chromium"*').test({ browser: 'Chromium', cores: 4 })).toBe(true);
    expect(filterOf('facts', '*firefox*').test({ browser: 'Chromium' })).toBe(false);
  });
});
