import { describe, expect, it } from 'vitest';
import { commandFor, readSettings } from './options.ts';
import { plantedBug } from './planted-bugs.ts';

describe('arguments of the simulator', () => {
  it('L4 a number of seeds, a first one, a size and a time are taken as they are', () => {
    expect(readSettings([])).toMatchObject({ seed: 1, seeds: 200, minutes: 0 });
    expect(readSettings(['--seeds', '5000', '--seed', '70', '--nodes', '3', '--minutes', '0.5'])).toMatchObject({
      seed: 70,
      seeds: 5000,
      minutes: 0.5,
      run: { nodes: 3 },
    });
    expect(readSettings(['--minutes', '2']).seeds).toBe(1);
    expect(readSettings(['--bugs'])).toMatchObject({ bugs: true, run: { bug: undefined } });
  });

  it('L4 the command for a shrunk failure says the same again when it is read', () => {
    const run = { nodes: 2, faults: new Set([3, 7]), jobs: new Set([2]), tasks: 4, bug: plantedBug('no-grace') };
    const command = commandFor(4711, run);
    expect(command).toBe(
      'npm run sim -- --seed 4711 --seeds 1 --nodes 2 --faults 3,7 --jobs 2 --tasks 4 --bug no-grace',
    );
    expect(readSettings(command.split(' ').slice(4))).toEqual({ seed: 4711, seeds: 1, minutes: 0, bugs: false, run });
    expect(readSettings(commandFor(1, { faults: new Set() }).split(' ').slice(4)).run.faults).toEqual(new Set());
  });

  it.each([
    ['--seeds', 'x'],
    ['--seeds', '0'],
    ['--seeds', '1.5'],
    ['--seeds', ''],
    ['--nodes', '0'],
    ['--nodes', '1e9'],
    ['--minutes', 'soon'],
    ['--minutes', '-1'],
    ['--faults', '1,,2'],
    ['--jobs', 'all'],
    ['--bug', 'nothing'],
    ['--bugs', 'all'],
    ['--sed', '1'],
    ['7'],
    ['--seeds'],
  ])('T3 %s %s is refused in one sentence', (...args) => {
    expect(() => readSettings(args)).toThrow(/^[^\n]+$/);
  });
});
