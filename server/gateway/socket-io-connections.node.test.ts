import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { io } from 'socket.io-client';
import { expect, it } from 'vitest';

import { SessionLink } from './session-link.ts';
import { SocketIoConnections } from './socket-io-connections.ts';

const FRAME_BYTES = 1024 * 1024;
const FRAMES = 16;

it('B1 O6 what waits for a slow socket leaves to the last byte though nothing else is said', async () => {
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const connections = new SocketIoConnections(http);
  const owner = { frame() {}, writable() {}, stray() {}, ready() {}, closed() {} };
  const opened = Promise.withResolvers<SessionLink>();
  connections.accept(
    (connection) => {
      const link = new SessionLink(connection, owner, 0);
      opened.resolve(link);
      return link;
    },
    () => undefined,
  );
  const client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
  let came = 0;
  client.on('f', (bytes: Uint8Array) => (came += bytes.length));
  const link = await opened.promise;
  link.identified();
  for (let sent = 0; sent < FRAMES; sent++) expect(link.sendBulk(new Uint8Array(FRAME_BYTES))).toBe(true);
  await expect.poll(() => came, { timeout: 5000 }).toBe(FRAMES * FRAME_BYTES);
  await expect.poll(() => link.unsentBytes).toBe(0);
  client.disconnect();
  await connections.close();
});
