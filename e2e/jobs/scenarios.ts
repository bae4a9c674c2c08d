// Many small scenarios in one job: starting a driver costs a second, a scenario milliseconds. Each ends on its own, with its
// value or its error, so that one that fails does not hide the others.

/** What a test reads of an error. */
export interface SeenError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack: string;
  readonly cause?: SeenError;
  readonly attempts?: number;
}

/** How a scenario ended. */
export type Outcome = { readonly value: unknown } | { readonly error: SeenError };

/** An error as plain data. */
export function seenError(error: unknown): SeenError {
  if (!(error instanceof Error)) return { name: `not an error: ${typeof error}`, message: String(error), stack: '' };
  const code: unknown = Reflect.get(error, 'code');
  const attempts: unknown = Reflect.get(error, 'attempts');
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? '',
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.cause === undefined ? {} : { cause: seenError(error.cause) }),
    ...(Array.isArray(attempts) ? { attempts: attempts.length } : {}),
  };
}

/** The outcome of one call. */
export async function outcomeOf(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error: seenError(error) };
  }
}

/** Runs the scenarios one after the other, or only those named. */
export async function runScenarios(
  scenarios: Readonly<Record<string, () => unknown>>,
  only: readonly string[] = Object.keys(scenarios),
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const name of only) {
    const scenario = scenarios[name];
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    console.log(`scenario ${name}`);
    outcomes[name] = await outcomeOf(scenario);
  }
  return outcomes;
}
