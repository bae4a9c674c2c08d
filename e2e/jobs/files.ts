// How jobs under test talk to the test beside the cluster: lines in a file, and files to wait for. Appending one short line is
// atomic, so lines of several processes do not mix.

const LOOK_EVERY_MS = 20;

/** Appends a line. */
export async function note(file: string, line: string): Promise<void> {
  const { appendFileSync } = await import('node:fs');
  appendFileSync(file, `${line}\n`);
}

/** Waits until the file is there. */
export async function untilFile(file: string): Promise<void> {
  const { existsSync } = await import('node:fs');
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}

/** Keeps the CPU busy. */
export function spin(ms: number): void {
  const startMs = performance.now();
  while (performance.now() - startMs < ms);
}

/** Whether the file is there now. */
export async function fileExists(file: string): Promise<boolean> {
  const { existsSync } = await import('node:fs');
  return existsSync(file);
}
