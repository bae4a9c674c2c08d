/**
 * Functions are registered as `module#variable`. People know them by the variable; the module shows on hover.
 */
export function shortFunction(fn: string): string {
  const name = fn.slice(fn.lastIndexOf('#') + 1);
  return name === '' ? fn : name;
}
