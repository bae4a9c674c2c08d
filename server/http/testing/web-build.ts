/**
 * A small build of the pages for tests of what the server does with it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The worker of the sandbox in it: beyond ASCII, to see that it arrives as it is. */
export const WORKER_SOURCE = 'self.postMessage("über </script>");';

/** Writes the build into `folder`. */
export function writeWebBuild(folder: string, frame: string = 'parent.postMessage(1,"*")'): void {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  for (const name of ['donate', 'assets', 'sandbox']) mkdirSync(join(folder, name), { recursive: true });
  write(
    'donate/index.html',
    `<!doctype html><title>Lend</title><script type="module" src="/assets/page-a1.js"></script>`,
  );
  write('assets/page-a1.js', `console.log("${'page '.repeat(500)}")`);
  write('assets/page-a1.css', 'body{margin:0}');
  write('sandbox/frame.js', frame);
  write('sandbox/worker.js', WORKER_SOURCE);
  write('secret.txt', 'not for anybody');
  write('build.json', '{"inputs":"test"}');
}
