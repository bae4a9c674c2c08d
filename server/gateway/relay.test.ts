import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import { CHUNK_STATUS, type SessionFrame } from '#shared/protocol/session-frames.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, finishStored, put, submit } from '../gcs/testing/records.ts';
import { Relay } from './relay.ts';

const NO_BYTES = new Uint8Array(0);

describe('the relay', () => {
  it('O3 a node that makes an object while it asks for it keeps its copy, whatever other keys it was asked under', () => {
    const world = new GcsWorld();
    const first = world.open();
    const driver = world.driver();
    world.say(driver, ...definitions(), submit(driver.id, 1));
    const parent = objectKey(driver.id, 1);
    const child = objectKey(first.id, 1);
    const call = { parent, k: 0 } as const;
    world.say(first, ...definitions(), submit(first.id, 1, { ...call, place: PLACE.here }), finishStored(child));
    // The parent runs again elsewhere and its child has one more name there.
    const second = world.open();
    world.gcs.sessions.end(first, 'gone');
    const alias = objectKey(second.id, 1);
    world.say(second, ...definitions(), submit(second.id, 1, { ...call, place: PLACE.ask }));
    expect(world.gcs.state.keysAt(second.id, child)).toEqual([alias, child]);

    const sent: { session: number; frame: SessionFrame }[] = [];
    const lost: number[] = [];
    const relay = new Relay(world.gcs, {
      isConnected: () => true,
      send: (session, frame) => sent.push({ session, frame }) > 0,
      copyMissing: (_object, session) => lost.push(session),
      corrupted: () => undefined,
      isLocal: () => false,
    });
    // Its own lease of the child is done by the time its question about it is passed on.
    const lease = world.to(second, 'lease').find(({ task }) => task === child);
    world.say(second, finishStored(child, { attempt: lease?.attempt ?? 0 }));
    relay.ask(second.id, { type: 'fetch', transfer: 7, object: child, offset: 0, length: 10 });
    const answer = (status: number, data: Uint8Array): void => {
      const { frame } = sent.at(-1) ?? {};
      if (frame?.type !== 'fetch') throw new Error('nobody was asked');
      relay.chunk(second.id, { ...frame, type: 'chunk', status, totalBytes: 10, data });
    };
    answer(CHUNK_STATUS.missing, NO_BYTES);
    expect(sent.at(-1)).toMatchObject({ session: second.id, frame: { type: 'fetch', object: child } });
    answer(CHUNK_STATUS.ok, new Uint8Array(10));
    expect(sent.at(-1)).toMatchObject({ session: second.id, frame: { type: 'piece', transfer: 7, object: child } });
    expect(lost).toEqual([]);
  });

  /** A value of several chunks on one host, and two nodes that want it. */
  function relaying(sizeBytes = 3_000_000) {
    const world = new GcsWorld();
    const [holder, first, second] = [world.open(), world.open(), world.open()];
    world.say(holder, put(holder.id, 1, { sizeBytes, value: NO_BYTES }));
    const sent: { session: number; frame: SessionFrame }[] = [];
    const corrupted: number[] = [];
    const relay = new Relay(world.gcs, {
      isConnected: (session) => world.gcs.state.sessions.get(session)?.state === 'connected',
      send: (session, frame) => sent.push({ session, frame }) > 0,
      copyMissing: (object, session) => {
        const gone = world.gcs.state.sessions.get(session);
        if (gone) world.gcs.objects.removeCopy(object, gone);
      },
      corrupted: (_object, source) => corrupted.push(source),
      isLocal: () => false,
    });
    return { world, holder, first, second, key: objectKey(holder.id, 1), sent, corrupted, relay };
  }

  it('O6 names sources, passes questions to the one that is named and its answers back', () => {
    const { holder, first, second, key, sent, relay } = relaying();
    relay.locate(first, { type: 'locate', transfer: 5, object: key, without: [] });
    expect(sent.pop()).toMatchObject({
      session: first.id,
      frame: { type: 'sources', transfer: 5, object: key, status: 0, sources: [{ session: holder.id, isOld: false }] },
    });
    relay.ask(first.id, { type: 'describe', transfer: 5, source: holder.id, object: key });
    relay.ask(first.id, { type: 'fetchFrom', transfer: 5, source: holder.id, object: key, offset: 0, length: 9 });
    const [describe, fetch] = sent.splice(0).map(({ frame }) => frame);
    if (describe?.type !== 'describe' || fetch?.type !== 'fetch') throw new Error('nobody was asked');
    const status = CHUNK_STATUS.ok;
    const digests = new Uint8Array(16);
    relay.answer(holder.id, { ...describe, type: 'manifest', status, source: 0, sizeBytes: 3_000_000, digests });
    // Somebody else's answer is nobody's.
    const piece = { type: 'piece', object: key, status, source: 0, offset: 0, totalBytes: 3_000_000 } as const;
    const bytes = { digest: NO_BYTES, data: new Uint8Array(9) };
    relay.answer(second.id, { ...piece, ...bytes, transfer: fetch.transfer });
    relay.answer(holder.id, { ...piece, ...bytes, transfer: fetch.transfer });
    expect(sent).toMatchObject([
      { session: first.id, frame: { type: 'manifest', transfer: 5, source: holder.id, digests } },
      { session: first.id, frame: { type: 'piece', transfer: 5, source: holder.id, data: new Uint8Array(9) } },
    ]);
    expect([relay.relayedBytes, relay.openCount]).toEqual([9, 0]);
  });

  it('O6 a node that is still pulling is asked by the next; when it fails it is named no more', () => {
    const { holder, first, second, key, sent, relay } = relaying();
    relay.locate(first, { type: 'locate', transfer: 5, object: key, without: [] });
    relay.locate(second, { type: 'locate', transfer: 6, object: key, without: [] });
    expect(sent.splice(0).at(-1)?.frame).toMatchObject({ sources: [{ session: first.id }, { session: holder.id }] });
    relay.ask(second.id, { type: 'fetchFrom', transfer: 6, source: first.id, object: key, offset: 0, length: 9 });
    const { session, frame } = sent.pop() ?? {};
    if (frame?.type !== 'fetchFrom') throw new Error('nobody was asked');
    expect(session).toBe(first.id);
    const nothing = { source: 0, totalBytes: 0, digest: NO_BYTES, data: NO_BYTES };
    relay.answer(first.id, { ...frame, ...nothing, type: 'piece', status: CHUNK_STATUS.missing });
    expect(sent.pop()).toMatchObject({ session: second.id, frame: { type: 'piece', status: CHUNK_STATUS.missing } });
    relay.ask(second.id, { type: 'fetchFrom', transfer: 6, source: first.id, object: key, offset: 0, length: 9 });
    expect(sent.pop()).toMatchObject({ session: second.id, frame: { type: 'piece', status: CHUNK_STATUS.away } });
  });

  it('T5 nobody is asked whom the server has not named', () => {
    const { first, second, key, sent, relay } = relaying();
    relay.ask(first.id, { type: 'fetchFrom', transfer: 5, source: second.id, object: key, offset: 0, length: 9 });
    relay.ask(first.id, { type: 'describe', transfer: 5, source: 999, object: key });
    expect(sent).toMatchObject([
      { session: first.id, frame: { type: 'piece', status: CHUNK_STATUS.away } },
      { session: first.id, frame: { type: 'manifest', status: CHUNK_STATUS.away } },
    ]);
  });

  it('T5 a value of one chunk with another digest is not passed on: whoever gave it is told of, and the next is asked', () => {
    const { world, holder, first, second, key, sent, corrupted, relay } = relaying(2_000);
    const digest = new Uint8Array(16).fill(1);
    world.say(second, { kind: 'located', object: key, present: true, sizeBytes: 2_000 });
    world.say(holder, { kind: 'manifest', object: key, sizeBytes: 2_000, digest });
    relay.ask(first.id, { type: 'fetch', transfer: 5, object: key, offset: 0, length: 2_000 });
    const give = (session: number, salt: number): void => {
      const { frame } = sent.pop() ?? {};
      if (frame?.type !== 'fetch') throw new Error('nobody was asked');
      const [status, totalBytes, data] = [CHUNK_STATUS.ok, 2_000, new Uint8Array(2_000)];
      const bytes = { source: 0, totalBytes, data, digest: new Uint8Array(16).fill(salt) };
      relay.answer(session, { ...frame, ...bytes, type: 'piece', status });
    };
    give(holder.id, 2);
    expect(corrupted).toEqual([holder.id]);
    expect(sent.at(-1)?.session).toBe(second.id);
    give(second.id, 1);
    expect(sent.pop()).toMatchObject({ session: first.id, frame: { type: 'piece', source: second.id, status: 0 } });
  });

  it('W1 a node of a former release is told in its own words', () => {
    const { world, holder, key, sent, relay } = relaying(2_000);
    const old = world.open({ version: 3 });
    relay.ask(old.id, { type: 'fetch', transfer: 5, object: key, offset: 0, length: 2_000 });
    const { frame } = sent.pop() ?? {};
    if (frame?.type !== 'fetch') throw new Error('nobody was asked');
    const bytes = { totalBytes: 2_000, data: new Uint8Array(2_000), digest: new Uint8Array(16) };
    relay.answer(holder.id, { ...frame, ...bytes, type: 'piece', source: 0, status: CHUNK_STATUS.ok });
    expect(sent.pop()).toMatchObject({ session: old.id, frame: { type: 'chunk', transfer: 5, totalBytes: 2_000 } });
  });
});
