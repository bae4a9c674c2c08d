/**
 * The mains of the submitted jobs of a simulated cluster, by their names: who looks at what they get, on whichever node they run.
 */
import type { DriverHooks } from './program.ts';
import type { World } from './world.ts';

/** See above. */
export class MainBook {
  readonly #hooks = new Map<string, DriverHooks>();

  add(name: string, hooks: DriverHooks): void {
    this.#hooks.set(name, hooks);
  }

  hooksOf(name: string): DriverHooks | undefined {
    return this.#hooks.get(name);
  }
}

const books = new WeakMap<World, MainBook>();

/** The book of a world. */
export function mainBookOf(world: World): MainBook {
  let book = books.get(world);
  if (!book) books.set(world, (book = new MainBook()));
  return book;
}
