import { inflateSync } from 'node:zlib';
import { loadDigits } from 'daylight/datasets/digits';
import { loadOpticks } from 'daylight/datasets/opticks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installTestRuntime } from '#client/bundler/testing/job-fixture.ts';
import { evaluateModule } from '#client/worker/module-loader.ts';
import { bundleModule } from '#client/bundler/job-bundler.ts';
import { createIsolatedBundler } from '#client/bundler/isolated/isolated-bundler.ts';
import type { Example } from '#shared/api/schemas.ts';
import { loadExamples } from './gallery.ts';

const MAX_LINES = 120;

let examples: Example[];
const bundler = createIsolatedBundler({ packagesDir: '/nowhere' });
beforeAll(async () => {
  examples = await loadExamples();
});
afterAll(() => bundler.close());

/** What the module of an example exports, besides `main` and its tasks. */
async function exportsOf<T>(id: string): Promise<T> {
  const { source, fileName } = examples.find((example) => example.id === id) ?? { source: '', fileName: '' };
  const { code, hash } = await bundleModule({ source, fileName });
  installTestRuntime();
  return (await evaluateModule(code, hash)).namespace as T;
}

describe('the gallery', () => {
  it('has four jobs, each one file that fits a screen or two and says what it does', () => {
    expect(examples.map(({ id }) => id)).toEqual(['digits', 'mandelbrot', 'option-pricing', 'word-count']);
    for (const { id, title, summary, fileName, source } of examples) {
      expect(fileName).toBe(`${id}.ts`);
      for (const text of [title, summary]) expect(text).toMatch(/^[A-Z].+/);
      expect(source).toMatch(/^\/\/ .{40}/);
      expect(source.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    }
  });

  it('has a form for each, whose defaults are those of main', () => {
    for (const { source, schema, args } of examples) {
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
      const { properties } = schema as { properties: Record<string, { title?: string; default?: unknown }> };
      const main =
        /export default async function main\(\{([^}]*)\}/
          .exec(source)?.[1]
          ?.replaceAll('_', '')
          .replaceAll(/[\s,]*$/g, '') ?? '';
      expect(Object.keys(properties).length).toBeGreaterThan(2);
      for (const [name, property] of Object.entries(properties)) {
        expect(property.title).toBeTypeOf('string');
        const value = JSON.stringify(property.default).replaceAll(',', ', ');
        expect(`${main},`.replaceAll(/\s+/g, ' ')).toContain(` ${name} = ${value},`);
      }
      expect(Object.keys(args as object)).toEqual(Object.keys(properties));
    }
  });

  it('bundles as if it was pasted, without a single problem, types included', async () => {
    for (const { source, fileName, schema } of examples) {
      const { problems, job } = await bundler.bundle({ source, fileName }, { types: true });
      expect([fileName, problems]).toEqual([fileName, []]);
      expect(job).toMatchObject({ hasMain: true, args: schema });
      expect(job?.functions.length).toBeGreaterThan(0);
    }
  });
});

interface DigitsExample {
  readonly Classifier: new () => {
    read(picture: Uint8Array): number;
    learn(picture: Uint8Array, label: number, rate: number): void;
  };
  readonly pictureOf: (digits: { pixels: Uint8Array }, index: number) => Uint8Array;
}

describe('digits', () => {
  it('learns to read', async () => {
    const { Classifier, pictureOf } = await exportsOf<DigitsExample>('digits');
    const digits = await loadDigits();
    const classifier = new Classifier();
    const accuracy = (): number => {
      let correct = 0;
      for (let index = 9000; index < 10_000; index += 1)
        correct += classifier.read(pictureOf(digits, index)) === digits.labels[index] ? 1 : 0;
      return correct / 1000;
    };
    expect(accuracy()).toBeLessThan(0.2);
    for (let index = 0; index < 3000; index += 1)
      classifier.learn(pictureOf(digits, index), digits.labels[index] ?? 0, 0.01);
    expect(accuracy()).toBeGreaterThan(0.8);
  });
});

interface MandelbrotExample {
  readonly colourOf: (x: number, y: number, iterations: number) => number[];
  readonly encodePng: (pixels: Uint8Array, width: number, height: number) => Promise<Uint8Array<ArrayBuffer>>;
}

describe('mandelbrot', () => {
  it('is black inside and coloured outside', async () => {
    const { colourOf } = await exportsOf<MandelbrotExample>('mandelbrot');
    const inside = [
      [0, 0],
      [-1, 0],
      [-0.12, 0.75],
    ] as const;
    for (const [x, y] of inside) expect(colourOf(x, y, 1000)).toEqual([0, 0, 0]);
    const outside = [
      [1, 0],
      [-2, 2],
      [0.3, 0.6],
      [300, 300],
    ] as const;
    for (const [x, y] of outside) {
      const colour = colourOf(x, y, 1000);
      expect(Math.max(...colour)).toBeGreaterThan(20);
      expect(colour.every((one) => Number.isInteger(one) && one >= 0 && one <= 255)).toBe(true);
    }
  });

  it('writes PNG files whose pixels come back', async () => {
    const { encodePng } = await exportsOf<MandelbrotExample>('mandelbrot');
    const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, index) => index);
    const file = await encodePng(pixels, 7, 5);
    expect([...file.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const view = new DataView(file.buffer);
    const chunks = new Map<string, Uint8Array<ArrayBuffer>>();
    for (let at = 8; at < file.length; at += 12 + view.getUint32(at)) {
      const data = file.slice(at + 8, at + 8 + view.getUint32(at));
      chunks.set(new TextDecoder().decode(file.subarray(at + 4, at + 8)), data);
    }
    expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...(chunks.get('IHDR') ?? [])]).toEqual([0, 0, 0, 7, 0, 0, 0, 5, 8, 2, 0, 0, 0]);
    // The checksum of an empty IEND is known.
    expect(view.getUint32(file.length - 4)).toBe(0xae426082);
    const lines = inflateSync(chunks.get('IDAT') ?? new Uint8Array());
    const back = Array.from({ length: 5 }, (_, row) => [...lines.subarray(row * 22, row * 22 + 22)]);
    expect(back.map(([filter]) => filter)).toEqual([0, 0, 0, 0, 0]);
    expect(back.flatMap((line) => line.slice(1))).toEqual([...pixels]);
  });
});

interface OptionExample {
  readonly dice: (seed: number, part: number) => () => number;
  readonly estimate: (sums: { paths: number; payoff: number; square: number }) => { value: number; margin: number };
}

describe('option pricing', () => {
  it('rolls dice that are normally distributed, the same for the same part, others for another', async () => {
    const { dice } = await exportsOf<OptionExample>('option-pricing');
    const rolls = (seed: number, part: number, count: number): number[] => {
      const random = dice(seed, part);
      return Array.from({ length: count }, () => random());
    };
    const many = rolls(1, 0, 100_000);
    const mean = many.reduce((sum, one) => sum + one, 0) / many.length;
    const variance = many.reduce((sum, one) => sum + one * one, 0) / many.length - mean * mean;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(many.filter((one) => Math.abs(one) > 1.96).length / many.length).toBeCloseTo(0.05, 2);
    expect(many.every(Number.isFinite)).toBe(true);
    expect(rolls(1, 0, 5)).toEqual(many.slice(0, 5));
    for (const other of [rolls(1, 1, 5), rolls(2, 0, 5)]) expect(other).not.toEqual(many.slice(0, 5));
  });

  it('estimates the mean and how far off it may be', async () => {
    const { estimate } = await exportsOf<OptionExample>('option-pricing');
    expect(estimate({ paths: 4, payoff: 8, square: 16 })).toEqual({ value: 2, margin: 0 });
    const { value, margin } = estimate({ paths: 100, payoff: 100, square: 200 });
    expect(value).toBe(1);
    expect(margin).toBeCloseTo(0.196, 10);
  });
});

interface WordsExample {
  readonly wordsOf: (text: string, minLength: number) => string[];
  readonly cut: (text: string, parts: number) => string[];
  readonly mostFrequent: (counts: ReadonlyMap<string, number>, top: number) => { word: string; count: number }[];
}

describe('word count', () => {
  it('finds words and ranks them by count, then by the alphabet', async () => {
    const { wordsOf, mostFrequent } = await exportsOf<WordsExample>('word-count');
    const words = wordsOf("The _Rays_ of Light, discover'd 1704; Phænomena.", 2);
    expect(words).toEqual(['the', 'rays', 'of', 'light', "discover'd", 'phænomena']);
    expect(wordsOf('', 1)).toEqual([]);
    expect(mostFrequent(new Map(Object.entries({ b: 2, a: 2, c: 3, d: 1 })), 3)).toEqual([
      { word: 'c', count: 3 },
      { word: 'a', count: 2 },
      { word: 'b', count: 2 },
    ]);
  });

  it('cuts a text between paragraphs, whatever the number of parts, and loses nothing', async () => {
    const { cut } = await exportsOf<WordsExample>('word-count');
    const book = await loadOpticks();
    for (const text of [book, 'one', '', 'a\n\nb\n\nc']) {
      for (const parts of [1, 2, 24, 500]) {
        const pieces = cut(text, parts);
        expect(pieces.length).toBeLessThanOrEqual(parts);
        expect(pieces.join('')).toBe(text);
      }
    }
    const sizes = cut(book, 24).map(({ length }) => length);
    expect(sizes.length).toBe(24);
    expect(Math.max(...sizes)).toBeLessThan(2 * Math.min(...sizes));
  });
});
