// The process that starts sandboxes for a server. It is there because a process as large as a server takes long to fork, and its
// loop may not stand still for that; this one is small. It sees sources and bundles as they pass and looks into none.

import { SandboxPool } from './sandbox-pool.ts';
import type { PoolSettings, ServiceAnswer, ServiceQuestion } from './sandbox-messages.ts';

const settings = JSON.parse(process.argv[2] ?? '') as PoolSettings;

function say(answer: ServiceAnswer): void {
  if (process.connected) process.send?.(answer);
}

const pool = new SandboxPool(settings, (message) => say({ kind: 'trouble', message }));

process.on('message', ({ id, request }: ServiceQuestion) => {
  pool.bundle(request).then(
    (outcome) => say({ kind: 'outcome', id, outcome }),
    (error: unknown) => say({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => {
  pool.close();
  process.exit();
});
// Ctrl-C in a terminal reaches all its processes; this one ends when its server does.
process.on('SIGINT', () => {});
