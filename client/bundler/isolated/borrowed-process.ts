// A process that somebody else started and whose pipes were handed down. A sandbox may start no process of its own; esbuild's
// library wants to start one and gets this.

import childProcess from 'node:child_process';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

/** The part of a `ChildProcess` that its users need. */
export class BorrowedProcess extends EventEmitter {
  readonly stdin: Socket;
  readonly stdout: Socket;

  /** @param pipes descriptors of its input and its output */
  constructor([input, output]: readonly [number, number]) {
    super();
    this.stdin = new Socket({ fd: input, readable: false, writable: true });
    this.stdout = new Socket({ fd: output, readable: true, writable: false });
  }

  ref(): void {
    this.stdout.ref();
  }

  unref(): void {
    this.stdout.unref();
  }

  /** Ends what it does; it goes when its input closes. */
  kill(): boolean {
    this.stdin.destroy();
    return true;
  }
}

/** From now on the only process that can be "started" here is this one, once. */
export function lendProcess(lent: BorrowedProcess): void {
  let given = false;
  const spawn = (): BorrowedProcess => {
    if (given) throw new Error('a sandbox starts no processes');
    given = true;
    return lent;
  };
  Reflect.set(childProcess, 'spawn', spawn);
  syncBuiltinESMExports();
}
