import { describe, expect, it } from 'vitest';
import { DonorMemory, type TextStorage } from './donor-memory.ts';

function storage(entries: Record<string, string> = {}): TextStorage & { entries: Map<string, string> } {
  const map = new Map(Object.entries(entries));
  return {
    entries: map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
    key: (index) => [...map.keys()][index] ?? null,
    get length() {
      return map.size;
    },
  };
}

describe('donor memory', () => {
  it('T1 lends half of the cores unless told otherwise, and never all', () => {
    expect(new DonorMemory(undefined, 8).settings.cores).toBe(4);
    expect(new DonorMemory(undefined, 1).settings.cores).toBe(1);
    expect(new DonorMemory(storage({ 'daylight.settings': '{"cores":99}' }), 8).settings.cores).toBe(7);
    expect(new DonorMemory(storage({ 'daylight.settings': '{"cores":-3}' }), 8).settings.cores).toBe(1);
  });

  it.each(['', 'null', '[]', '{"cores":"many"}', '{', '{"cores":null,"diskLimitBytes":-1}'])(
    'T3 settings that make no sense become the usual ones: %s',
    (text) => {
      const { cores, onlyWhileCharging, diskLimitBytes } = new DonorMemory(storage({ 'daylight.settings': text }), 4)
        .settings;
      expect(cores).toBe(2);
      expect(onlyWhileCharging).toBe(false);
      expect(diskLimitBytes).toBeGreaterThanOrEqual(0);
    },
  );

  it('M4 what one tab writes the others see', () => {
    const kept = storage();
    const [one, other] = [new DonorMemory(kept, 4), new DonorMemory(kept, 4)];
    one.isWanted = true;
    one.isPaused = true;
    expect([other.isWanted, other.isPaused]).toEqual([true, true]);
    other.isWanted = false;
    expect(one.isWanted).toBe(false);
  });

  it('M4 remembers for this visit where storage is blocked', () => {
    const memory = new DonorMemory(
      {
        ...storage(),
        setItem: () => {
          throw new Error('blocked');
        },
      },
      4,
    );
    memory.snoozedUntilMs = 5;
    memory.isWanted = true;
    expect(memory.snoozedUntilMs).toBe(5);
    expect(memory.isWanted).toBe(true);
  });

  it('T1 erasing leaves nothing of ours and everything of others', () => {
    const kept = storage({ 'daylight.key': 'secret', other: 'stays' });
    const memory = new DonorMemory(kept, 4);
    memory.settings = { ...memory.settings, cores: 1 };
    memory.isWanted = true;
    memory.erase();
    expect([...kept.entries.keys()]).toEqual(['other']);
  });
});
