// Everything a hostile job could try from its worker in a browser's sandbox, one task per attempt.

import { get, remote } from 'daylight';
import { ATTEMPTS, type Target, tried } from './escape-attempts.ts';

/** Runs one attempt where the task runs. */
export const escape = remote(async (name: string, target: Target): Promise<string> => {
  const attempt = ATTEMPTS[name];
  if (attempt === undefined) throw new Error(`no attempt is called ${name}`);
  return tried(attempt, target);
});

/** How every attempt ended, by name. */
export default async function main(target: Target) {
  const names = Object.keys(ATTEMPTS);
  const outcomes = await get(names.map((name) => escape.remote(name, target)));
  return Object.fromEntries(names.map((name, index) => [name, outcomes[index]]));
}
