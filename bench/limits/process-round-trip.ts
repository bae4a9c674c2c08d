// A message from this process over a second to a third and back by TCP: the way of a task that runs on another host,
// without anything done on the way.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { countRoundTrips } from './round-trips.ts';

/** Listens and prints its port; with a port given, passes everything on to that one instead of answering itself. */
const STATION = `const net = require('node:net');
const next = Number(process.argv[1]);
const server = net.createServer((near) => {
  near.setNoDelay(true);
  const far = next === 0 ? near : net.connect(next, '127.0.0.1').setNoDelay(true);
  near.pipe(far);
  if (far !== near) far.pipe(near);
  near.on('error', () => process.exit(0));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();`;
const MESSAGE_BYTES = 100;

/** Starts a station; its life line is the pipe to its standard input. */
async function startStation(nextPort: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['-e', STATION, String(nextPort)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text]: unknown[] = await once(child.stdout, 'data');
  return { child, port: Number(String(text)) };
}

/** Round trips per second over three processes. */
export async function measureProcessRoundTrips(): Promise<number> {
  const echo = await startStation(0);
  const relay = await startStation(echo.port);
  const socket = connect(relay.port, '127.0.0.1').setNoDelay(true);
  try {
    await once(socket, 'connect');
    const message = new Uint8Array(MESSAGE_BYTES);
    let missingBytes = 0;
    let answered: () => void = () => undefined;
    socket.on('data', (chunk) => {
      missingBytes -= chunk.length;
      if (missingBytes === 0) answered();
    });
    return await countRoundTrips(
      () =>
        new Promise<void>((resolve) => {
          answered = resolve;
          missingBytes = MESSAGE_BYTES;
          socket.write(message);
        }),
    );
  } finally {
    socket.destroy();
    for (const { child } of [relay, echo]) child.stdin?.end();
  }
}
