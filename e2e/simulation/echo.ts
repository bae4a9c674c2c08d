/**
 * Somebody on the network who says again what a node said: a proxy that repeats an old connection, or another process that goes
 * on with the present one, and answers a challenge. It speaks until it is refused or silenced, and does nothing itself.
 */
import { decodeSessionFrame, encodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import { Machine } from './machine.ts';
import type { Network } from './network.ts';
import type { World } from './world.ts';

/** Before the name of the node that it repeats. */
const NAME_MARK = 'echo of ';

/** True if a machine of this name is one. */
export function isEcho(name: string): boolean {
  return name.startsWith(NAME_MARK);
}

/** How often it says that it lives. */
const PING_MS = 2_000;

/** A session, and the server process that it is with. */
export interface SessionName {
  readonly session: number;
  readonly epoch: number;
  readonly serverEpoch: number;
}

/** The same hello, to come back to a session. */
export function helloOf(hello: Uint8Array, name: SessionName): Uint8Array {
  const frame = decodeSessionFrame(hello);
  return frame.type === 'hello' ? encodeSessionFrame({ ...frame, ...name }) : hello;
}

/** Says frames over a connection of its own. */
export class Echo {
  readonly #silence: () => void;

  /**
   * @param frames a hello, and what follows it once the server has answered
   * @param isThere it answers a challenge, as whoever only repeats old words cannot
   */
  constructor(
    world: World,
    network: Network,
    name: string,
    { frames, isThere }: { readonly frames: readonly Uint8Array[]; readonly isThere: boolean },
  ) {
    const machine = new Machine(world, `${NAME_MARK}${name}`);
    const [hello, ...rest] = frames;
    const transport = network.connect(machine);
    let isWelcome = false;
    const stopPinging = machine.every(PING_MS, () => transport.send(encodeSessionFrame({ type: 'ping' })));
    let answer: Uint8Array | undefined;
    transport.onFrame((bytes) => {
      if (isWelcome) return;
      const frame = decodeSessionFrame(bytes);
      if (frame.type === 'challenge') {
        answer = encodeSessionFrame({ type: 'answer', number: frame.number });
        return;
      }
      isWelcome = true;
      if (answer && isThere) transport.send(answer);
      for (const frame of rest) transport.send(frame);
    });
    transport.onClose((reason) => {
      machine.tell(`is over: ${reason}`);
      stopPinging();
    });
    if (hello) transport.send(hello);
    this.#silence = () => transport.close();
  }

  silence(): void {
    this.#silence();
  }
}
