// A task that never ends and never looks up.

import { get, remote } from 'daylight';

/** See above. */
export const spinForever = remote((): number => {
  for (;;);
});

/** Never returns. */
export default async function main(): Promise<number> {
  return get(spinForever.remote());
}
