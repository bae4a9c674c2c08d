import { describe, expect, it } from 'vitest';

import { actorMethods } from './actor-methods.ts';

class Base {
  inherited(): void {}
  overridden(): void {}
  becomesAccessor(): unknown {
    return undefined;
  }
}

class Account extends Base {
  static open(): Account {
    return new Account();
  }
  #balance = 0;
  field = 1;
  arrow = (): number => this.#balance;
  get balance(): number {
    return this.#balance;
  }
  set balance(value: number) {
    this.#balance = value;
  }
  override overridden(): void {}
  // @ts-expect-error TypeScript forbids an accessor in place of a method; JavaScript does not
  override get becomesAccessor(): () => unknown {
    return () => undefined;
  }
  deposit(): void {}
  async slow(): Promise<void> {}
  async *stream(): AsyncGenerator<number> {
    yield this.#hidden();
  }
  _internal(): void {}
  'with.dot'(): void {}
  #hidden(): number {
    return this.#balance;
  }
  [Symbol.iterator](): void {}
  onStart(): void {}
  onStop(): void {}
  saveCheckpoint(): void {}
  restoreCheckpoint(): void {}
  // oxlint-disable-next-line unicorn/no-thenable -- what must not become a method
  then(): void {}
  toJSON(): void {}
}

describe('actorMethods', () => {
  it('lists own and inherited methods, sorted, and nothing else', () => {
    expect(actorMethods(Account)).toEqual(['deposit', 'inherited', 'overridden', 'slow', 'stream']);
  });

  it('runs no accessor and makes no instance', () => {
    class Trap {
      constructor() {
        throw new Error('constructed');
      }
      get trap(): () => void {
        throw new Error('read');
      }
      safe(): void {}
    }
    expect(actorMethods(Trap)).toEqual(['safe']);
  });

  it('is empty for a class without methods and for one that extends null', () => {
    class Empty {}
    expect(actorMethods(Empty)).toEqual([]);
    expect(actorMethods(class extends (null as unknown as typeof Empty) {})).toEqual([]);
  });
});
