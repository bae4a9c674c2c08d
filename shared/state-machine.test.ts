import { describe, expect, it } from 'vitest';
import { StateMachine } from './state-machine.ts';

const door = new StateMachine<'open' | 'shut' | 'gone'>('door', { open: ['shut'], shut: ['open', 'gone'], gone: [] });

describe('a state machine', () => {
  it('M2 lists every step of its table once', () => {
    expect(door.steps).toEqual(['open→shut', 'shut→open', 'shut→gone']);
  });

  it('M2 a step of the table gives the next state, staying is no step, and any other step throws', () => {
    expect(door.step('shut', 'gone')).toBe('gone');
    expect(door.step('gone', 'gone')).toBe('gone');
    expect(() => door.step('open', 'gone')).toThrow('the door cannot go from open to gone');
    expect(() => door.step('gone', 'open')).toThrow('the door cannot go from gone to open');
  });
});
