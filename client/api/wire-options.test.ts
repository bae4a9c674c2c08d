import { describe, expect, it } from 'vitest';
import { describeDemand } from '#shared/task/resources.ts';
import { parseActorOptions, parseTaskOptions } from './parse-options.ts';
import { wireActorOptions, wireTaskOptions } from './wire-options.ts';

const taskDemand = (raw: unknown) => wireTaskOptions(parseTaskOptions(raw), 'f').demand;

describe('options on the wire', () => {
  it('S4 a GPU travels as the resource GPU in thousandths, and people read "1 GPU"', () => {
    expect(taskDemand({ numGpus: 1 })).toEqual({ cpuMilli: 1000, custom: { GPU: 1000 } });
    expect(taskDemand({ numCpus: 0, numGpus: 0.5, resources: { robot: 2 } })).toEqual({
      cpuMilli: 0,
      custom: { robot: 2000, GPU: 500 },
    });
    expect(describeDemand(taskDemand({ numGpus: 1 }))).toBe('1 CPU, 1 GPU');
    expect(taskDemand({ numGpus: 0 })).toEqual({ cpuMilli: 1000, custom: {} });
    expect(wireActorOptions(parseActorOptions({ numGpus: 1 }), 'C', [], false).demand.custom).toEqual({ GPU: 1000 });
  });

  it('a part of a GPU below a thousandth is rounded up: nothing becomes free', () => {
    expect(taskDemand({ numGpus: 0.0001 }).custom).toEqual({ GPU: 1 });
  });

  it('A1 a concurrency group names methods that the class has', () => {
    const options = parseActorOptions({ concurrencyGroups: { io: { maxConcurrency: 2, methods: ['raed'] } } });
    expect(() => wireActorOptions(options, 'Files', ['read', 'write'], false)).toThrow(
      'class Files has no method "raed" to be in a concurrency group; did you mean "read"?',
    );
    expect(wireActorOptions(options, 'Files', [], false).concurrencyGroups).toHaveLength(1);
  });

  it('T4 the trust of a task travels; an actor keeps to trusted nodes', () => {
    expect(wireTaskOptions(parseTaskOptions({}), 'f').trust).toBe('own');
    expect(wireTaskOptions(parseTaskOptions({ trust: 'unchecked' }), 'f').trust).toBe('unchecked');
    expect(wireActorOptions(parseActorOptions({}), 'C', [], false).trust).toBe('own');
  });
});
