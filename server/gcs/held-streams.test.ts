import { describe, expect, it } from 'vitest';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { SessionRecord } from './entities.ts';
import { HeldStreams, runnerKey } from './held-streams.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { finish, submit } from './testing/records.ts';

/** Streams that wait for whatever key is not known, and what was applied. */
function world(...known: number[]) {
  const it = new GcsWorld();
  const applied: string[] = [];
  const keys = new Set(known);
  const streams: HeldStreams = new HeldStreams(
    (record) => (record.kind === 'finish' && !keys.has(record.task) ? record.task : awaitedSession(record)),
    (_, record) => apply(record),
    ({ id }) => streams.becameKnown(runnerKey(id)),
  );
  /** A release waits for the session that it names. */
  const awaitedSession = (record: NodeRecord) => {
    const session = record.kind === 'release' && it.gcs.state.sessions.get(record.holder);
    return session && streams.has(session) ? runnerKey(session.id) : 0;
  };
  const apply = (record: NodeRecord): void => {
    if (record.kind === 'release') applied.push('release');
    if (record.kind !== 'submit' && record.kind !== 'finish') return;
    applied.push(`${record.kind} ${record.task}`);
    if (record.kind !== 'submit') return;
    keys.add(record.task);
    streams.becameKnown(record.task);
  };
  const say = (session: SessionRecord, ...records: NodeRecord[]): void => {
    for (const record of records) if (!streams.hold(session, record)) apply(record);
  };
  return { streams, applied, say, sessions: [it.open(), it.open(), it.open()] as const };
}

const LOST = 99;
const made = (task: number): NodeRecord => ({ ...submit(1, 1), task });

describe('HeldStreams', () => {
  it('L2 M3 a stream goes on when its cause has come, and holds back what is behind it until then', () => {
    const { applied, say, sessions } = world();
    say(sessions[0], finish(1), made(2));
    say(sessions[1], finish(2));
    expect(applied).toEqual([]);
    say(sessions[2], made(1));
    expect(applied).toEqual(['submit 1', 'finish 1', 'submit 2', 'finish 2']);
  });

  it('L2 M3 in the end causes go first, also those behind one whose own cause is lost', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { streams, applied, say, sessions } = world();
      const texts: NodeRecord[][] = [
        [finish(LOST), finish(1)],
        [finish(LOST + 1), made(1)],
      ];
      for (const at of order) say(sessions[at], ...(texts[at] ?? []));
      streams.applyAll();
      expect(applied.indexOf('submit 1')).toBeLessThan(applied.indexOf('finish 1'));
      expect(applied).toHaveLength(4);
      expect([...streams.levels()]).toMatchObject([{ level: 0 }]);
    }
  });

  it('L2 M3 what waits for a session is applied behind all that session says, also in the end', () => {
    const { streams, applied, say, sessions } = world();
    say(sessions[0], finish(LOST), finish(1));
    say(sessions[1], { kind: 'release', object: 1, holder: sessions[0].id });
    say(sessions[2], finish(LOST + 1), made(1));
    streams.applyAll();
    expect(applied).toEqual([`finish ${LOST}`, `finish ${LOST + 1}`, 'submit 1', 'finish 1', 'release']);
    expect([...streams.levels()]).toMatchObject([{ level: 0 }]);
  });

  it('L2 M3 of streams that wait for each other one goes first', () => {
    const { streams, applied, say, sessions } = world();
    say(sessions[0], finish(1), made(2));
    say(sessions[1], finish(2), made(1));
    streams.applyAll();
    expect(applied).toEqual(['finish 1', 'submit 2', 'finish 2', 'submit 1']);
  });

  it('L2 M3 what is in no stream any more is waited for by none', () => {
    const { streams, applied, say, sessions } = world();
    say(sessions[0], finish(LOST), made(1));
    say(sessions[1], finish(1));
    streams.drop(sessions[0]);
    streams.applyAll();
    expect(applied).toEqual(['finish 1']);
  });

  it('B1 the last of very many does not take long', () => {
    const { streams, applied, say, sessions } = world();
    for (let number = 1; number <= 20_000; number++) {
      say(sessions[0], finish(LOST * 1_000_000 + number));
      say(sessions[1], finish(number));
      say(sessions[2], finish(LOST), made(number));
    }
    streams.applyAll();
    expect(applied).toHaveLength(80_000);
  });
});
