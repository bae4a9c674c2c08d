#!/usr/bin/env node
/**
 * The executable: the command line, joined to the real server. The server is loaded only where a command starts one.
 */
import { everythingWritten } from '#client/cli/output.ts';
import { runCli } from '#client/cli/program.ts';
import type { StartServer } from '#client/cli/server-starter.ts';

const startServer: StartServer = async (settings) => {
  const server = await import('#server/main.ts');
  return server.startServer({ ...settings, pushesMetrics: true });
};

const OLDEST_NODE = 24;
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`daylight needs Node ${OLDEST_NODE} or newer; this is ${process.version}\n`);
  process.exit(1);
}

const exitCode = await runCli(process.argv.slice(2), startServer);
await everythingWritten();
// Nothing may keep the process alive after its command has ended: threads and sockets are closed by then, or stuck.
process.exit(exitCode);
