// Where things go wrong, so that tests can ask where the user is told they went wrong. A test finds the expected position by
// the comment at the end of the line: `// at: name`.

import { get, remote } from 'daylight';
import { throwInHelper } from './errors-helper.ts';
import { outcomeOf, runScenarios } from './scenarios.ts';

class OwnError extends Error {
  override name = 'OwnError';
  readonly detail = { code: 7 };
}

export const throwNow = remote((): never => {
  throw new RangeError('thrown at once'); // at: throwNow
});
async function* counted() {
  yield 1;
  await Promise.resolve();
  yield 2;
}

export const throwLater = remote(async (): Promise<never> => {
  await Promise.resolve();
  const values: number[] = [];
  for await (const value of counted()) values.push(value);
  throw new RangeError(`thrown after ${values.length} awaits`); // at: throwLater
});
export const throwBelow = remote(async (): Promise<never> => {
  await Promise.resolve();
  return throwInHelper();
});
export const throwAfterGet = remote(async (): Promise<never> => {
  const value = await get(give.remote(1));
  throw new OwnError(`got ${value}`, { cause: new TypeError('the cause') }); // at: throwAfterGet
});
export const throwText = remote((): never => {
  // oxlint-disable-next-line typescript/only-throw-error -- users do
  throw 'just text';
});
export const give = remote((value: number) => value);
export const add = remote((a: number, b: number) => a + b);
export const passOn = remote(async (): Promise<number> => get(throwNow.remote()));

class Failing {
  async fail(): Promise<never> {
    await Promise.resolve();
    throw new RangeError('from a method'); // at: method
  }
}
export const RemoteFailing = remote(Failing);
class FailsToStart {
  constructor() {
    throw new RangeError('from the constructor'); // at: constructor
  }
  call(): number {
    return 1;
  }
}
export const RemoteFailsToStart = remote(FailsToStart);

const scenarios = {
  throwNow: () => get(throwNow.remote()),
  throwLater: () => get(throwLater.remote()),
  throwBelow: () => get(throwBelow.remote()),
  throwAfterGet: () => get(throwAfterGet.remote()),
  throwText: () => get(throwText.remote()),
  method: () => get(RemoteFailing.remote().fail.remote()),
  constructor: () => get(RemoteFailsToStart.remote().call.remote()),
  passOn: () => get(passOn.remote()),
  dependent: () => get(add.remote(throwNow.remote(), 1)),
  notSerializable: () => give.remote((() => 1) as unknown as number),
  unhandled: async () => {
    // Nobody asks for this one: it must not disturb the job.
    throwNow.remote();
    return get(give.remote(5));
  },
};

/** Runs the scenarios, or fails itself as `fail` says. */
export default async function main({ fail }: { fail?: 'now' | 'later' | 'task' } = {}) {
  if (fail === 'now') throw new RangeError('main threw'); // at: mainNow
  if (fail === 'later') {
    await get(give.remote(1));
    throw new RangeError('main threw later'); // at: mainLater
  }
  if (fail === 'task') await get(throwLater.remote());
  const outcomes = await runScenarios(scenarios);
  return {
    ...outcomes,
    instance: await outcomeOf(
      async () =>
        await get(throwNow.remote()).catch((error: Error) => [
          error instanceof Error,
          error.cause instanceof RangeError,
        ]),
    ),
  };
}
