import { describe, expect, it } from 'vitest';
import { Announcer } from './announcer.ts';

describe('Announcer', () => {
  it('T1 says a thing once', () => {
    const announcer = new Announcer();
    expect(announcer.next('paused', 'Paused.', 0)).toBe('Paused.');
    expect(announcer.next('paused', 'Paused.', 100_000)).toBeUndefined();
  });

  it('T1 does not tell of every pause for breath between tasks', () => {
    const announcer = new Announcer();
    expect(announcer.next('busy', 'Computing.', 0)).toBe('Computing.');
    expect(announcer.next('calm', 'Waiting.', 1000)).toBeUndefined();
    expect(announcer.next('busy', 'Computing.', 2000)).toBeUndefined();
    expect(announcer.next('calm', 'Waiting.', 31_000)).toBe('Waiting.');
  });

  it('T1 tells at once of a pause, a loss and their end', () => {
    const announcer = new Announcer();
    const said = (['busy', 'paused', 'busy', 'away', 'calm'] as const).map((tone, index) =>
      announcer.next(tone, tone, index),
    );
    expect(said).toEqual(['busy', 'paused', 'busy', 'away', 'calm']);
  });
});
