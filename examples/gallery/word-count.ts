// Map and reduce, as it is taught: which words are the most frequent in a book? The book is cut into parts, each part is counted
// by a task (map), and the counts are added up two by two (reduce). `main` never sees the counts of the parts: it hands on
// references, and the values go straight from the machine that made them to the one that needs them.
import { context, get, remote } from 'daylight';
import type { ObjectRef } from 'daylight';
import { loadOpticks } from 'daylight/datasets/opticks';

/** The form for the argument of `main`. It must be a literal: it is read without running this file. */
export const args = {
  type: 'object',
  properties: {
    parts: { type: 'integer', title: 'Parts', description: 'Each is a task', minimum: 1, maximum: 500, default: 24 },
    minLength: { type: 'integer', title: 'Letters of a word, at least', minimum: 1, maximum: 20, default: 4 },
    top: { type: 'integer', title: 'Words to show', minimum: 1, maximum: 1000, default: 20 },
  },
  additionalProperties: false,
} as const;

/** How often each word was seen. Maps travel between machines as they are. */
type Counts = Map<string, number>;

/** Map: the words of a text. */
export const countWords = remote((text: string, minLength: number): Counts => {
  const counts: Counts = new Map();
  for (const word of wordsOf(text, minLength)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
});

/** Reduce: two counts in one. */
export const addCounts = remote((one: Counts, other: Counts): Counts => {
  const sum = new Map(one); // a value that arrived may be shared with other tasks: never change it
  for (const [word, count] of other) sum.set(word, (sum.get(word) ?? 0) + count);
  return sum;
});

/** The words of a text in small letters. */
export function wordsOf(text: string, minLength: number): string[] {
  const words = text.toLowerCase().match(/\p{Letter}+(?:'\p{Letter}+)?/gu) ?? [];
  return words.filter((word) => word.length >= minLength);
}

/** Cuts a text into parts of about the same length, between paragraphs. */
export function cut(text: string, parts: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let part = 1; part <= parts && start < text.length; part += 1) {
    const wanted = Math.round((text.length * part) / parts);
    const end = text.indexOf('\n\n', Math.max(wanted, start));
    pieces.push(text.slice(start, part === parts || end < 0 ? text.length : end));
    start = end < 0 ? text.length : end;
  }
  return pieces;
}

/** The most frequent words, and how often they occur. */
export function mostFrequent(counts: ReadonlyMap<string, number>, top: number): { word: string; count: number }[] {
  const rows = [...counts].map(([word, count]) => ({ word, count }));
  return rows.sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1)).slice(0, top);
}

/** Counts the words of Newton's Opticks. */
export default async function main({ parts = 24, minLength = 4, top = 20 } = {}): Promise<{
  words: number;
  different: number;
  top: { word: string; count: number }[];
}> {
  const texts = cut(await loadOpticks(), parts);
  let counts: ObjectRef<Counts>[] = texts.map((text) => countWords.remote(text, minLength));
  context().progress(0.1, `${texts.length} parts are being counted`);

  // A reference is an argument like any other: the task starts when both counts are there. Nothing waits here.
  while (counts.length > 1) {
    const sums: ObjectRef<Counts>[] = [];
    for (let index = 0; index < counts.length; index += 2) {
      const [one, other] = counts.slice(index, index + 2);
      if (one !== undefined) sums.push(other === undefined ? one : addCounts.remote(one, other));
    }
    counts = sums;
  }

  const [all] = counts;
  const total = all === undefined ? new Map<string, number>() : await get(all);
  const rows = mostFrequent(total, Infinity);
  const table = ['word,count', ...rows.map(({ word, count }) => `${word},${count}`)];
  await context().publish('words.csv', `${table.join('\n')}\n`);
  context().progress(1, `"${rows[0]?.word}" is the most frequent of ${rows.length} words`);
  return { words: rows.reduce((sum, { count }) => sum + count, 0), different: rows.length, top: rows.slice(0, top) };
}
