// A module that a job imports: errors in it are shown here, not in the bundle.

/** Throws. */
export function throwInHelper(): never {
  throw new RangeError('thrown in a helper'); // at: throwBelow
}
