import { describe, expect, it } from 'vitest';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import * as errors from './daylight-error.ts';
import { errorFromWire, errorRecordCodec, errorToWire, taskErrorFromWire } from './error-record.ts';

function overWire(error: unknown): Error {
  const writer = new ByteWriter();
  errorRecordCodec.write(writer, errorToWire(error));
  const reader = new ByteReader(writer.finish());
  const record = errorRecordCodec.read(reader);
  reader.expectEnd();
  return errorFromWire(record);
}

describe('Daylight errors', () => {
  const classes = Object.entries(errors).filter(
    ([name, value]) => typeof value === 'function' && name.endsWith('Error'),
  );

  it('know their class, code and name after the wire', () => {
    expect(classes.length).toBe(24);
    const codes = new Set<unknown>();
    for (const [name, type] of classes) {
      const error: unknown = Reflect.construct(type as () => void, [
        'text',
        { cause: new Error('why'), file: 'f.ts', line: 3, column: 4 },
      ]);
      expect(error).toBeInstanceOf(errors.DaylightError);
      if (!(error instanceof errors.DaylightError)) continue;
      expect(error.stack).toMatch(new RegExp(`^${name}: text`));
      codes.add(error.code);
      const back = overWire(error);
      expect(back).toBeInstanceOf(type);
      expect([back.name, back.message, back.stack, Reflect.get(back, 'code'), Reflect.get(back, 'retryable')]).toEqual([
        name,
        'text',
        error.stack,
        error.code,
        error.retryable,
      ]);
      expect((back.cause as Error).message).toBe('why');
    }
    expect(codes.size).toBe(classes.length);
    const bundle = overWire(new errors.BundleError('bad', { file: 'a.ts', line: 2, column: 3, hint: 'do this' }));
    expect(bundle).toMatchObject({ file: 'a.ts', line: 2, column: 3, hint: 'do this' });
  });

  it('match across copies of the module, and only their own class', () => {
    const brand = Symbol.for('daylight.error.name');
    const foreign = Object.assign(new Error('from another bundle'), { [brand]: 'GetTimeoutError' });
    expect(foreign).toBeInstanceOf(errors.GetTimeoutError);
    expect(foreign).toBeInstanceOf(errors.DaylightError);
    expect(foreign).not.toBeInstanceOf(errors.TaskError);
    expect(new Error('plain')).not.toBeInstanceOf(errors.DaylightError);
    class Mine extends errors.TaskError {}
    expect(new Mine('x')).toBeInstanceOf(errors.TaskError);
    expect(new errors.TaskError('x')).not.toBeInstanceOf(Mine);
    expect(errors.daylightErrorName(foreign)).toBe('GetTimeoutError');
  });

  it('carry the end of every attempt', () => {
    const attempts = Array.from({ length: 30 }, (_, i) => ({
      node: `node ${i}`,
      reason: 'exit 1',
      logTail: 'x'.repeat(5000) + i,
    }));
    const back = overWire(new errors.WorkerCrashedError('gone', { attempts })) as errors.WorkerCrashedError;
    expect(back.attempts?.at(-1)).toMatchObject({ node: 'node 29', reason: 'exit 1' });
    expect(back.attempts?.at(-1)?.logTail.endsWith('x29')).toBe(true);
  });

  it('L6 a thrown error becomes a TaskError with message, cause, fields and the remote stack', () => {
    class PaymentError extends TypeError {
      override readonly name = 'PaymentError';
      readonly cents = 5;
      readonly socket = { send: (): void => {} };
    }
    const thrown = new PaymentError('no funds', { cause: new RangeError('empty') });
    const seen = taskErrorFromWire(errorToWire(thrown), { functionName: 'shop.ts#pay', attempts: [] });
    expect(seen).toBeInstanceOf(errors.TaskError);
    expect(seen.message).toBe('no funds (thrown in shop.ts#pay)');
    expect(seen.stack).toContain(thrown.stack);
    expect(seen.cause).toBeInstanceOf(TypeError);
    expect(seen.cause).toMatchObject({ name: 'PaymentError', message: 'no funds', stack: thrown.stack, cents: 5 });
    expect((seen.cause as Error).cause).toBeInstanceOf(RangeError);
    expect(overWire('just text').cause).toBe('just text');
    expect(overWire(undefined).message).toContain('undefined');
    const both = overWire(new AggregateError([new TypeError('a'), 'b'], 'both')) as AggregateError;
    expect(both.errors.map(String)).toEqual(['TypeError: a', 'b']);
  });

  it('T3 stay bounded whatever is thrown', () => {
    const monster = new Error('é'.repeat(100_000));
    monster.stack = '😀'.repeat(100_000);
    let cause: Error = monster;
    for (let i = 0; i < 100; i++) cause = new Error(`level ${i}`, { cause });
    monster.cause = cause;
    const hostile = {
      toString: () => {
        throw new Error('no');
      },
    };
    Object.assign(cause, { big: new Uint8Array(1e6), hostile, list: Array.from({ length: 1e5 }, () => 'x') });
    const writer = new ByteWriter();
    for (const thrown of [
      cause,
      monster,
      hostile,
      Object.create(null),
      Symbol('s'),
      () => 1,
      new Proxy(new Error('p'), {
        get: () => {
          throw new Error('trap');
        },
      }),
    ]) {
      writer.reset();
      errorRecordCodec.write(writer, errorToWire(thrown));
      expect(writer.length).toBeLessThan(200_000);
      expect(errorFromWire(errorRecordCodec.read(new ByteReader(writer.view())))).toBeInstanceOf(Error);
    }
    expect(overWire(monster).message.endsWith('[cut]')).toBe(true);
  });
});
