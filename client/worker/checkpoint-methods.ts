/**
 * A class that saves its state does so by two methods that belong together (rule A2): what the one gives the other takes.
 */

/**
 * True if instances with this prototype can save their state and restore it.
 *
 * @throws TypeError for one of the two methods without the other
 */
export function savesCheckpoints(prototype: object, className: string): boolean {
  const [saves, restores] = ['saveCheckpoint', 'restoreCheckpoint'].map(
    (name) => typeof Reflect.get(prototype, name) === 'function',
  );
  if (saves === restores) return saves === true;
  const [has, lacks] = saves ? ['saveCheckpoint', 'restoreCheckpoint'] : ['restoreCheckpoint', 'saveCheckpoint'];
  throw new TypeError(`class ${className} has ${has}() and no ${lacks}(): one is of no use without the other`);
}

/** What is wrong with asking a class to save its state that cannot. */
export function noCheckpoints(className: string): TypeError {
  return new TypeError(
    `option "checkpoint" needs a class with saveCheckpoint() and restoreCheckpoint(state), and ${className} has neither`,
  );
}
