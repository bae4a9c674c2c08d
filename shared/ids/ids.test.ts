import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { CallCounter } from './call-counter.ts';
import { argsDigest, childTaskId, digest128, largePutId, putId, returnId } from './content-id.ts';
import { idCodec, idFromBytes, isId, parseId, type TaskId } from './ids.ts';

const parent = idFromBytes<TaskId>(Uint8Array.from({ length: 16 }, (_, i) => i * 17));
const empty = new Uint8Array(0);

describe('ids', () => {
  it('are 32 hex digits, 16 bytes on the wire', () => {
    expect(parent).toBe('00112233445566778899aabbccddeeff');
    const writer = new ByteWriter();
    idCodec<TaskId>().write(writer, parent);
    expect(writer.length).toBe(16);
    expect(idCodec<TaskId>().read(new ByteReader(writer.view()))).toBe(parent);
    expect(parseId<TaskId>(parent)).toBe(parent);
    expect([isId('x'), isId(`${parent}0`), isId(parent.toUpperCase())]).toEqual([false, false, false]);
    expect(parseId('../etc')).toBeUndefined();
    expect(() => idCodec<TaskId>().write(writer, 'nope' as TaskId)).toThrow(/expected id/);
  });

  it('L1 names depend on parent, function, arguments, references and k, and on nothing else', () => {
    const args = argsDigest(Uint8Array.of(1, 2), []);
    const names = [
      childTaskId(parent, 'm#f', args, 0),
      childTaskId(parent, 'm#f', args, 1),
      childTaskId(parent, 'm#g', args, 0),
      childTaskId(parent, 'm#f', argsDigest(Uint8Array.of(1, 3), []), 0),
      childTaskId(parent, 'm#f', argsDigest(Uint8Array.of(1, 2), [parent]), 0),
      childTaskId(parent, 'm#f', argsDigest(Uint8Array.of(1, 2), ['x', 'y']), 0),
      childTaskId(parent, 'm#f', argsDigest(Uint8Array.of(1, 2), ['y', 'x']), 0),
      returnId(parent, 0),
      returnId(parent, 1),
      putId(parent, args, 0),
      largePutId(parent, 0, 0),
      largePutId(parent, 1, 0),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names.every(isId)).toBe(true);
    expect(childTaskId(parent, 'm#f', args, 0)).toBe(names[0]);
    // The bytes of a name are part of every journal: a change here needs a new domain.
    expect(digest128(empty)).toBe('e3b0c44298fc1c149afbf4c8996fb924');
    expect(names[0]).toBe('02d018f19b537e29b223aaa08950450a');
  });

  it('L1 k counts equal calls only, whatever the order of the others', () => {
    const calls = fc.array(
      fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 6, max: 2 }), fc.array(fc.nat(2), { maxLength: 2 })),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(calls, (list) => {
        const counter = new CallCounter();
        const expected = new Map<string, number>();
        for (const [fn, args, references] of list) {
          const key = JSON.stringify([fn, [...args], references]);
          const k = expected.get(key) ?? 0;
          expected.set(key, k + 1);
          expect(counter.next(fn, args, references)).toBe(k);
        }
        expect(counter.size).toBe(expected.size);
      }),
    );
  });

  it('L1 tells 300 000 different calls apart in at most 43 bytes each', () => {
    const counter = new CallCounter();
    const writer = new ByteWriter();
    for (let i = 0; i < 300_000; i++) {
      writer.reset();
      writer.varint(i);
      expect(counter.next(1, writer.view())).toBe(0);
    }
    expect(counter.size).toBe(300_000);
    expect(counter.sizeBytes / counter.size).toBeLessThan(43); // 12 bytes a slot, table at least 3/8 full
    expect(counter.next(1, Uint8Array.of(5))).toBe(1);
    expect(counter.next(2, Uint8Array.of(5))).toBe(0);
    expect(counter.next(1, empty)).toBe(0);
  });
});
