/**
 * Drivers that live in the server itself: they hear commands and object bytes as a node's session does, without a connection.
 */
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { ServerClock } from '../server-clock.ts';

/** One of them. */
export interface LocalDriver {
  command(command: ServerCommand): void;
  chunk(chunk: SessionFrameOf<'chunk'>): void;
}

/** All of them, by session. What they are told they hear in a turn of its own, in order: never inside a step of the GCS. */
export class LocalDrivers {
  readonly #drivers = new Map<number, LocalDriver>();
  readonly #clock: ServerClock;

  constructor(clock: ServerClock) {
    this.#clock = clock;
  }

  add(session: number, driver: LocalDriver): void {
    this.#drivers.set(session, driver);
  }

  remove(session: number): void {
    this.#drivers.delete(session);
  }

  has(session: number): boolean {
    return this.#drivers.has(session);
  }

  /** Returns false if the session is not one of these. */
  command(session: number, command: ServerCommand): boolean {
    return this.#tell(session, (driver) => driver.command(command));
  }

  /** The same for a frame of the relay. */
  frame(session: number, frame: SessionFrame): boolean {
    return this.#tell(session, (driver) => {
      if (frame.type === 'chunk') driver.chunk(frame);
    });
  }

  #tell(session: number, tell: (driver: LocalDriver) => void): boolean {
    const driver = this.#drivers.get(session);
    if (!driver) return false;
    this.#clock.defer(() => {
      if (this.#drivers.get(session) === driver) tell(driver);
    });
    return true;
  }
}
