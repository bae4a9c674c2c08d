import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import { CHUNK_STATUS, type SessionFrame } from '#shared/protocol/session-frames.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, finishStored, submit } from '../gcs/testing/records.ts';
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
    const relay = new Relay(world.gcs.state, {
      isConnected: () => true,
      send: (session, frame) => sent.push({ session, frame }) > 0,
      copyMissing: (_object, session) => lost.push(session),
    });
    // Its own lease of the child is done by the time its question about it is passed on.
    const lease = world.to(second, 'lease').find(({ task }) => task === child);
    world.say(second, finishStored(child, { attempt: lease?.attempt ?? 0 }));
    relay.fetch(second.id, { type: 'fetch', transfer: 7, object: child, offset: 0, length: 10 });
    const answer = (status: number, data: Uint8Array): void => {
      const { frame } = sent.at(-1) ?? {};
      if (frame?.type !== 'fetch') throw new Error('nobody was asked');
      relay.chunk(second.id, { ...frame, type: 'chunk', status, totalBytes: 10, data });
    };
    answer(CHUNK_STATUS.missing, NO_BYTES);
    expect(sent.at(-1)).toMatchObject({ session: second.id, frame: { type: 'fetch', object: child } });
    answer(CHUNK_STATUS.ok, new Uint8Array(10));
    expect(sent.at(-1)).toMatchObject({ session: second.id, frame: { type: 'chunk', transfer: 7, object: child } });
    expect(lost).toEqual([]);
  });
});
