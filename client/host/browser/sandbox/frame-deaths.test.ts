import { describe, expect, it } from 'vitest';
import { likelyCulprit } from './frame-deaths.ts';

describe('deaths of frames', () => {
  it('L4 blames the worker that computed and was silent for longest, and nobody if none computed', () => {
    const idle = { id: 1, openRuns: 0, lastWordMs: 0 };
    const lively = { id: 2, openRuns: 1, lastWordMs: 900 };
    const silent = { id: 3, openRuns: 2, lastWordMs: 100 };
    expect(likelyCulprit([idle, lively, silent])).toBe(3);
    expect(likelyCulprit([lively])).toBe(2);
    expect(likelyCulprit([idle])).toBeUndefined();
    expect(likelyCulprit([])).toBeUndefined();
  });
});
