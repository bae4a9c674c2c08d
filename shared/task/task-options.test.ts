import { describe, expect, it } from 'vitest';
import { needsGpu } from './resources.ts';
import {
  DEFAULT_OPTIONS,
  optionsFromJson,
  optionsToJson,
  type ResolvedOptions,
  schedulingClassOf,
} from './task-options.ts';

/** As version 1 of the protocol wrote the options of a task that asked for nothing. */
const WRITTEN_BEFORE =
  '{"cpuMilli":1000,"custom":{},"maxRetries":3,"retryExceptions":false,"runtimeMs":0,"name":"","namespace":"","maxRestarts":0,"maxPendingCalls":0}';

const UNCHECKED: ResolvedOptions = { ...DEFAULT_OPTIONS, trust: 'unchecked' };
const ON_GPU: ResolvedOptions = { ...DEFAULT_OPTIONS, demand: { cpuMilli: 1000, custom: { GPU: 1000 } } };

describe('option sets as text', () => {
  it('T4 one that was written before there was a trust means trusted nodes, and is written the same way now', () => {
    expect(optionsFromJson(WRITTEN_BEFORE)).toEqual(DEFAULT_OPTIONS);
    expect(optionsFromJson(WRITTEN_BEFORE).trust).toBe('own');
    expect(optionsToJson(DEFAULT_OPTIONS)).toBe(WRITTEN_BEFORE);
  });

  it('comes back as it was', () => {
    const actor: ResolvedOptions = {
      ...DEFAULT_OPTIONS,
      retryExceptions: ['TypeError'],
      actor: { className: 'C', methods: ['inc'] },
    };
    for (const options of [UNCHECKED, ON_GPU, actor]) expect(optionsFromJson(optionsToJson(options))).toEqual(options);
  });

  it('T3 refuses a trust it does not know: to take it for another could send the task to strangers', () => {
    for (const trust of ['"spot"', '{"quorum":2}', 'null', '1']) {
      const json = WRITTEN_BEFORE.replace(/}$/, `,"trust":${trust}}`);
      expect(() => optionsFromJson(json)).toThrow('options: trust is neither');
    }
  });

  it('S5 one that was written before there were priorities has none, and what is no priority is refused', () => {
    expect(optionsFromJson(WRITTEN_BEFORE).priority).toBe(0);
    for (const priority of [-1000, 5]) {
      const options = { ...DEFAULT_OPTIONS, priority };
      expect(optionsFromJson(optionsToJson(options))).toEqual(options);
      expect(schedulingClassOf(options)).toBe('cpu:1000');
    }
    for (const priority of ['1001', '-1001', '0.5', '"1"', 'null', '1e400'])
      expect(() => optionsFromJson(WRITTEN_BEFORE.replace(/}$/, `,"priority":${priority}}`))).toThrow(
        'options: priority is not a whole number',
      );
  });

  it('S2 tasks of different trust or with a GPU are classes of their own', () => {
    expect(schedulingClassOf(DEFAULT_OPTIONS)).toBe('cpu:1000');
    expect(schedulingClassOf(UNCHECKED)).toBe('cpu:1000,unchecked');
    expect(schedulingClassOf(ON_GPU)).toBe('cpu:1000,GPU:1000');
    expect(schedulingClassOf({ ...ON_GPU, trust: 'unchecked' })).toBe('cpu:1000,GPU:1000,unchecked');
  });

  it('a demand needs a GPU if it asks for any part of one', () => {
    expect([DEFAULT_OPTIONS, ON_GPU].map(({ demand }) => needsGpu(demand))).toEqual([false, true]);
    expect(needsGpu({ cpuMilli: 0, custom: { GPU: 1, robot: 1 } })).toBe(true);
    expect(needsGpu({ cpuMilli: 0, custom: { gpu: 1000 } })).toBe(false);
  });
});
