// A script whose values do not fit into its memory. It says when they are written, lets go of them when it hears SIGUSR2, and
// stays until it is ended. Its arguments: address and token of a cluster, folder for values.

import { init, put } from 'daylight';

const [address = '', token = '', spillDir = ''] = process.argv.slice(2);
const session = await init({ address, token, objectStoreBytes: 8_000_000, spillDir });
const refs = Array.from({ length: 20 }, (_, seed) => put(new Uint8Array(2_000_000).fill(seed)));
process.on('SIGUSR2', () => {
  for (const ref of refs.splice(0)) ref.free();
});
console.log('written', session.jobId);
setInterval(() => undefined, 1000);
