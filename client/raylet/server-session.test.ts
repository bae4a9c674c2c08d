import { describe, expect, it } from 'vitest';
import { AuthenticationError, ConnectionLostError, ProtocolError } from '#shared/errors/daylight-error.ts';
import { seededRandom } from '#shared/ports/random.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { PacedTransport } from './frame-queue.ts';
import { ServerSession, type SessionOwner, type Welcome } from './server-session.ts';
import { decodeSessionFrame, encodeSessionFrame } from './session-frame-codec.ts';
import { ManualClock } from './testing/manual-clock.ts';

const HEARTBEAT_MS = 3_000;

/** One connection as the server sees it. */
class Connection implements PacedTransport {
  readonly sent: SessionFrame[] = [];
  isClosed = false;
  unsent = 0;
  #receive: (frame: Uint8Array, attachments: readonly never[]) => void = () => {};
  #closed: (reason: string) => void = () => {};
  #drained: () => void = () => {};

  send(frame: Uint8Array): void {
    this.sent.push(decodeSessionFrame(frame));
  }
  onFrame(receive: (frame: Uint8Array, attachments: readonly never[]) => void): void {
    this.#receive = receive;
  }
  onClose(closed: (reason: string) => void): void {
    this.#closed = closed;
  }
  close(): void {
    this.isClosed = true;
  }
  unsentBytes(): number {
    return this.unsent;
  }
  onDrain(drained: () => void): void {
    this.#drained = drained;
  }
  drain(): void {
    this.unsent = 0;
    this.#drained();
  }
  tell(frame: SessionFrame): void {
    this.#receive(encodeSessionFrame(frame), []);
  }
  tellBytes(bytes: Uint8Array): void {
    this.#receive(bytes, []);
  }
  fail(reason = 'cut'): void {
    this.isClosed = true;
    this.#closed(reason);
  }
  welcome(fields: Partial<Welcome> = {}): void {
    this.tell({
      type: 'welcome',
      session: 7,
      epoch: 1,
      serverEpoch: 5,
      resumed: false,
      receivedRecords: 0,
      wantsReport: false,
      job: 0,
      heartbeatMs: HEARTBEAT_MS,
      ...fields,
    });
  }
  commands(first: number, ...tasks: number[]): void {
    this.tell({ type: 'commands', first, batch: tasks.map((task) => ({ kind: 'cancelTask', task, force: false })) });
  }
  of<T extends SessionFrame['type']>(type: T): SessionFrameOf<T>[] {
    return this.sent.filter((frame): frame is SessionFrameOf<T> => frame.type === type);
  }
}

function world(firstConnectionMs?: number, role: 'host' | 'tab' = 'host') {
  const clock = new ManualClock();
  const connections: Connection[] = [];
  const log: string[] = [];
  const commands: number[] = [];
  let durable = 0;
  let fatal: Error | undefined;
  let refusal: string | undefined;
  /** What the time of day is ahead of the monotonic clock: it goes on while a machine sleeps. */
  let sleptMs = 0;
  const retries: number[] = [];
  const owner: SessionOwner = {
    onWelcome(welcome) {
      log.push(`welcome ${welcome.session}.${welcome.epoch}${welcome.resumed ? ' resumed' : ''}`);
      if (welcome.resumed) session.send({ type: 'records', first: welcome.receivedRecords + 1, batch: [] });
    },
    onCommands(batch: readonly ServerCommand[]) {
      for (const command of batch) if (command.kind === 'cancelTask') commands.push(command.task);
    },
    onDurable: (number) => (durable = number),
    onFrame: (frame) => log.push(frame.type),
    onDisconnected: () => log.push('disconnected'),
    onSessionDead: () => log.push('dead'),
    onRetry: (_message, delayMs) => void retries.push(delayMs),
    onFatal(error, code) {
      fatal = error;
      refusal = code;
    },
  };
  const session = new ServerSession(
    {
      role,
      nodeId: 'a'.repeat(32),
      nodeName: 'n',
      token: 't',
      cpuMilli: 2000,
      resources: [{ name: 'gpu', milli: 1000 }],
      jobName: '',
      platform: 'test',
    },
    {
      clock,
      random: seededRandom(1),
      wallClockMs: () => 1e12 + clock.nowMs() + sleptMs,
      connect: () => {
        const connection = new Connection();
        connections.push(connection);
        return connection;
      },
      ...(firstConnectionMs === undefined ? {} : { firstConnectionMs }),
    },
    owner,
  );
  session.start();
  const last = (): Connection => connections.at(-1) ?? new Connection();
  return {
    ...{ clock, connections, log, commands, session, last, retries },
    durable: () => durable,
    fatal: () => fatal,
    refusal: () => refusal,
    sleepOfTheMonotonicClock: (ms: number) => void (sleptMs += ms),
  };
}

describe('ServerSession', () => {
  it('M1 says hello, and after a lost connection resumes the same session', () => {
    const w = world();
    expect(w.last().of('hello')).toMatchObject([
      { session: 0, epoch: 0, cpuMilli: 2000, resources: [{ name: 'gpu', milli: 1000 }] },
    ]);
    w.last().welcome();
    w.last().commands(1, 11, 12);
    w.last().fail();
    w.clock.advance(50);
    expect(w.connections).toHaveLength(2);
    expect(w.last().of('hello')).toMatchObject([{ session: 7, epoch: 1, serverEpoch: 5, receivedCommands: 2 }]);
    w.last().welcome({ resumed: true, receivedRecords: 40 });
    expect(w.log).toEqual(['welcome 7.1', 'disconnected', 'welcome 7.1 resumed']);
    expect(w.last().of('records')).toMatchObject([{ first: 41 }]);
  });

  it('M3 backs off with jitter up to two seconds, and starts small again after a welcome', () => {
    const w = world();
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const before = w.clock.nowMs();
      const count = w.connections.length;
      w.last().fail();
      while (w.connections.length === count) w.clock.advance(1);
      waits.push(w.clock.nowMs() - before);
    }
    waits.forEach((waitMs, round) => {
      const fullMs = Math.min(50 * 2 ** round, 2000);
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs + 1);
    });
    w.last().welcome();
    w.last().fail();
    w.clock.advance(50);
    expect(w.connections).toHaveLength(11);
  });

  it('L2 passes over commands it has, and reconnects when some are missing', () => {
    const w = world();
    w.last().welcome();
    w.last().commands(1, 1, 2, 3);
    w.last().commands(2, 2, 3, 4);
    w.last().commands(3, 3);
    expect(w.commands).toEqual([1, 2, 3, 4]);
    w.last().commands(6, 6);
    expect(w.commands).toEqual([1, 2, 3, 4]);
    expect(w.connections[0]?.isClosed).toBe(true);
    w.clock.advance(50);
    expect(w.last().of('hello')).toMatchObject([{ receivedCommands: 4 }]);
  });

  it('L2 a server that started anew numbers its commands from 1', () => {
    const w = world();
    w.last().welcome();
    w.last().commands(1, 1, 2);
    w.last().fail();
    w.clock.advance(50);
    w.last().welcome({ serverEpoch: 6, resumed: true, wantsReport: true });
    w.last().commands(1, 8);
    expect(w.commands).toEqual([1, 2, 8]);
  });

  it('acknowledges commands after 100 ms, or at once when there are 256', () => {
    const w = world();
    w.last().welcome();
    w.last().commands(1, 1, 2);
    w.clock.advance(99);
    expect(w.last().of('ack')).toEqual([]);
    w.clock.advance(1);
    expect(w.last().of('ack')).toMatchObject([{ received: 2 }]);
    w.last().commands(3, ...Array.from({ length: 256 }, (_, index) => index));
    expect(w.last().of('ack')).toMatchObject([{ received: 2 }, { received: 258 }]);
    w.clock.advance(1000);
    expect(w.last().of('ack')).toHaveLength(2);
  });

  it('asks open questions again over the next connection, and hears each answer once', () => {
    const w = world();
    const answers: string[] = [];
    w.last().welcome();
    w.session.request('cluster', new Uint8Array([1]), (ok) => answers.push(`a ${ok}`));
    w.session.request('module', new Uint8Array([2]), (ok) => answers.push(`b ${ok}`));
    w.last().tell({ type: 'response', id: 1, ok: true, body: new Uint8Array() });
    w.last().fail();
    w.session.request('getActor', new Uint8Array([3]), (ok) => answers.push(`c ${ok}`));
    w.clock.advance(50);
    w.last().welcome({ resumed: true });
    expect(
      w
        .last()
        .of('request')
        .map(({ method }) => method),
    ).toEqual(['module', 'getActor']);
    for (const id of [2, 2, 3]) w.last().tell({ type: 'response', id, ok: id === 2, body: new Uint8Array() });
    expect(answers).toEqual(['a true', 'b true', 'c false']);
  });

  it('M1 comes back as a new session when the server gave the old one up', () => {
    const w = world();
    w.last().welcome();
    w.last().commands(1, 1);
    w.last().tell({ type: 'refused', code: 'session-dead', message: 'silent for too long', retryAfterMs: 1 });
    expect(w.log).toEqual(['welcome 7.1', 'disconnected', 'dead']);
    w.clock.advance(2);
    expect(w.last().of('hello')).toMatchObject([{ session: 0, epoch: 0, receivedCommands: 0 }]);
    w.last().welcome({ session: 8, epoch: 2 });
    w.last().commands(1, 5);
    expect(w.commands).toEqual([1, 5]);
  });

  it('M3 returns when a stopping server said', () => {
    const w = world();
    w.last().welcome();
    w.last().tell({ type: 'refused', code: 'stopping', message: 'the server stops', retryAfterMs: 2000 });
    w.clock.advance(1999);
    expect(w.connections).toHaveLength(1);
    w.clock.advance(1001);
    expect(w.connections).toHaveLength(2);
    expect(w.last().of('hello')).toMatchObject([{ session: 7 }]);
  });

  it.each([
    ['token', AuthenticationError],
    ['version', ProtocolError],
    ['protocol', ProtocolError],
  ] as const)('gives up for good when refused for its %s', (code, kind) => {
    const w = world();
    w.last().tell({ type: 'refused', code, message: 'no', retryAfterMs: 0 });
    expect(w.fatal()).toBeInstanceOf(kind);
    w.clock.advance(60_000);
    expect(w.connections).toHaveLength(1);
  });

  it('gives up when the first connection takes too long, but never later', () => {
    const w = world(1_000);
    while (!w.fatal()) {
      w.last().fail('ECONNREFUSED');
      w.clock.advance(100);
    }
    expect(w.fatal()).toBeInstanceOf(ConnectionLostError);
    expect(w.fatal()?.message).toContain('ECONNREFUSED');
    const v = world(1_000);
    v.last().welcome();
    for (let round = 0; round < 20; round++) {
      v.last().fail();
      v.clock.advance(2_000);
    }
    expect(v.fatal()).toBeUndefined();
  });

  it('a server that accepts and says nothing is left after ten seconds', () => {
    const w = world();
    w.clock.advance(10_100);
    expect(w.connections).toHaveLength(2);
    expect(w.connections[0]?.isClosed).toBe(true);
  });

  it('M1 proves life when it has nothing else to say, and M2 says hello after a gap in time', () => {
    const w = world();
    w.last().welcome();
    w.clock.advance(HEARTBEAT_MS * 2);
    expect(w.last().of('ping')).toHaveLength(2);
    w.session.send({ type: 'ack', received: 0, durable: 0 });
    w.clock.advance(HEARTBEAT_MS);
    expect(w.last().of('ping')).toHaveLength(2);
    w.clock.sleep(60_000);
    expect(w.connections[0]?.isClosed).toBe(true);
    w.clock.advance(50);
    expect(w.last().sent.map(({ type }) => type)).toEqual(['hello']);
    w.session.send({ type: 'ack', received: 0, durable: 0 });
    expect(w.last().sent).toHaveLength(1);
  });

  it('M2 notices a sleep in which the monotonic clock stood still', () => {
    const w = world();
    w.last().welcome();
    w.sleepOfTheMonotonicClock(60_000);
    w.clock.advance(HEARTBEAT_MS);
    expect(w.connections[0]?.isClosed).toBe(true);
    w.clock.advance(50);
    expect(w.last().sent.map(({ type }) => type)).toEqual(['hello']);
  });

  it('M2 whatever is said first after a sleep is not sent: hello is', () => {
    const w = world();
    w.last().welcome();
    w.sleepOfTheMonotonicClock(60_000);
    w.session.send({ type: 'ack', received: 0, durable: 0 });
    expect(w.connections[0]?.isClosed).toBe(true);
    expect(w.connections[0]?.of('ack')).toHaveLength(0);
    w.clock.advance(50);
    w.last().welcome({ resumed: true });
    w.session.send({ type: 'ack', received: 0, durable: 0 });
    expect(w.last().of('ack')).toHaveLength(1);
  });

  it('S4 tells what the node offers now, over this connection and in every later hello', () => {
    const w = world();
    w.last().welcome();
    w.session.setCapacity(0, []);
    expect(w.last().of('capacity')).toEqual([{ type: 'capacity', cpuMilli: 0, resources: [] }]);
    w.last().fail();
    w.session.setCapacity(1000, []);
    w.clock.advance(100);
    expect(w.last().of('hello')).toMatchObject([{ cpuMilli: 1000, resources: [] }]);
  });

  it('S4 what was decided while a hello was on its way is told behind the welcome', () => {
    const w = world();
    w.session.setCapacity(0, []);
    expect(w.last().of('capacity')).toEqual([]);
    w.last().welcome();
    expect(w.last().of('capacity')).toEqual([{ type: 'capacity', cpuMilli: 0, resources: [] }]);
    w.last().fail();
    w.clock.advance(100);
    w.last().welcome();
    expect(w.last().of('hello')).toMatchObject([{ cpuMilli: 0 }]);
    expect(w.last().of('capacity')).toEqual([]);
  });

  it('M3 a tab comes back at longer and longer intervals, and says when it will', () => {
    const w = world(undefined, 'tab');
    for (let n = 0; n < 20; n += 1) {
      w.last().fail();
      w.clock.advance(w.retries.at(-1) ?? 0);
    }
    expect(w.connections).toHaveLength(21);
    expect(Math.max(...w.retries)).toBeGreaterThan(5_000);
    expect(Math.max(...w.retries)).toBeLessThanOrEqual(10_000);
  });

  it('M4 a node whose place was taken does not come back, and hears why', () => {
    const w = world(undefined, 'tab');
    w.last().welcome();
    w.last().tell({ type: 'refused', code: 'session-dead', message: 'another tab took over', retryAfterMs: 0 });
    w.clock.advance(120_000);
    expect(w.connections).toHaveLength(1);
    expect(w.fatal()).toBeInstanceOf(ProtocolError);
    expect(w.refusal()).toBe('session-dead');
  });

  it('B1 control goes before objects, objects before logs', () => {
    const w = world();
    w.last().welcome();
    w.last().unsent = 2 * 1024 * 1024;
    w.session.sendLog({ type: 'log', task: 1, level: 0, text: 'x' });
    const digests = new Uint8Array(16);
    w.session.sendBytes({ type: 'manifest', transfer: 1, object: 1, status: 0, source: 0, sizeBytes: 1, digests });
    w.session.send({ type: 'ack', received: 1, durable: 1 });
    expect(w.last().sent.map(({ type }) => type)).toEqual(['hello', 'ack']);
    w.last().drain();
    expect(w.last().sent.map(({ type }) => type)).toEqual(['hello', 'ack', 'manifest', 'log']);
  });

  it('M1 proves that it is there before it says anything else, over the present connection', () => {
    const w = world();
    w.last().tell({ type: 'challenge', number: 5 });
    w.last().welcome();
    w.session.send({ type: 'ack', received: 1, durable: 1 });
    expect(w.last().sent.map(({ type }) => type)).toEqual(['hello', 'answer', 'ack']);
    expect(w.last().of('answer')).toEqual([{ type: 'answer', number: 5 }]);
    w.last().fail();
    w.clock.advance(100);
    w.last().welcome();
    expect(w.last().of('answer')).toEqual([]);
  });

  it('B1 logs kept while there is no connection are bounded', () => {
    const w = world();
    const text = 'x'.repeat(60_000);
    for (let line = 0; line < 200; line++) w.session.sendLog({ type: 'log', task: line, level: 0, text });
    w.last().welcome();
    const tasks = w
      .last()
      .of('log')
      .map(({ task }) => task);
    expect(tasks.length).toBeLessThan(75);
    expect(tasks.at(-1)).toBe(199);
  });

  it('T3 frames that cannot be read lead to a new connection, and to the end at the third', () => {
    const w = world();
    for (let round = 0; round < 3; round++) {
      expect(w.fatal()).toBeUndefined();
      w.last().welcome();
      w.last().tellBytes(new Uint8Array([250, 1, 2]));
      w.clock.advance(200);
    }
    expect(w.fatal()).toBeInstanceOf(ProtocolError);
  });

  it('a word of a former connection is not heard', () => {
    const w = world();
    w.last().welcome();
    const former = w.last();
    former.fail();
    w.clock.advance(50);
    former.commands(1, 1);
    former.fail();
    expect(w.commands).toEqual([]);
    expect(w.connections).toHaveLength(2);
  });

  it('leaves with a good-bye and does not return', () => {
    const w = world();
    w.last().welcome();
    w.session.leave('done');
    expect(w.last().of('bye')).toMatchObject([{ reason: 'done' }]);
    w.clock.advance(60_000);
    expect(w.connections).toHaveLength(1);
  });
});
