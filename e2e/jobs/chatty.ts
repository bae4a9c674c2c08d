// Prints, in main and in tasks; for ever if told so.

import { get, remote } from 'daylight';

export const greet = remote(async (number: number, forever: boolean) => {
  console.log(`task ${number} says hello`);
  if (forever) await new Promise(() => {});
  return number;
});

/** Two tasks that say hello. */
export default async function main({ forever = false }: { forever?: boolean } = {}) {
  console.log('main says hello');
  return get([1, 2].map((number) => greet.remote(number, forever)));
}
