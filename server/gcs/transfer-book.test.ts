import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import type { ObjectRecord, SessionRecord } from './entities.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { put } from './testing/records.ts';

const MB = 1024 * 1024;
const NOBODY: ReadonlySet<number> = new Set();
const digest = (salt: number): Uint8Array => new Uint8Array(16).fill(salt);

/** A large value on one host, and others that may want it. */
function world(nodes: number, sizeBytes = 64 * MB) {
  const w = new GcsWorld();
  const origin = w.open();
  const others = Array.from({ length: nodes }, () => w.open());
  w.say(origin, put(origin.id, 1, { sizeBytes, value: new Uint8Array(0) }));
  const key = objectKey(origin.id, 1);
  const object = w.gcs.state.object(key);
  if (!object) throw new Error('nothing was put');
  const { transfers } = w.gcs.objects;
  const locate = (session: SessionRecord, without = NOBODY): number[] =>
    transfers.locate(object, key, session, without).map((source) => source.session);
  return { w, origin, others, key, object, transfers, locate };
}

function copies(object: ObjectRecord): number[] {
  return [...(object.locations ?? [])];
}

describe('TransferBook', () => {
  it('O6 many who need one object get it from each other: none is asked by all', () => {
    const { origin, others, locate } = world(50);
    const asked = others.map((node) => locate(node)[0]);
    const most = Math.max(...[origin, ...others].map(({ id }) => asked.filter((source) => source === id).length));
    expect(asked[0]).toBe(origin.id);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('O6 no node is sent to one that gets the object through it', () => {
    const { origin, others, locate } = world(3);
    const [first, second, third] = others as [SessionRecord, SessionRecord, SessionRecord];
    expect([first, second, third].map((node) => locate(node)[0])).toEqual([origin.id, first.id, second.id]);
    // The first has lost its source; all others have it from the first.
    expect(locate(first, new Set([origin.id]))).toEqual([]);
  });

  it('O6 what is over, or has lost its connection, is no source any more', () => {
    const { w, origin, others, key, object, transfers, locate } = world(3);
    const [first, second, third] = others as [SessionRecord, SessionRecord, SessionRecord];
    locate(first);
    expect(locate(second)[0]).toBe(first.id);
    w.gcs.sessions.end(first, 'gone');
    expect(locate(third)).toEqual([origin.id, second.id]);
    transfers.disconnected(second.id);
    expect(locate(third)).toEqual([origin.id]);
    w.say(third, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    expect([transfers.size, copies(object)]).toEqual([0, [origin.id, third.id]]);
  });

  it('O1 a copy that was begun before another version was accepted is none', () => {
    const { w, origin, others, key, object, transfers, locate } = world(1);
    const [puller] = others as [SessionRecord];
    locate(puller);
    transfers.versionChanged(object.key);
    w.say(puller, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    expect(copies(object)).toEqual([origin.id]);
    expect(w.to(puller, 'dropCopy')).toMatchObject([{ object: key }]);
  });

  it('T2 what a stranger brings for its own use is no source for others', () => {
    const { w, origin, others, key, object, locate } = world(1);
    const stranger = w.stranger();
    const [puller] = others as [SessionRecord];
    locate(stranger);
    expect(locate(puller)).toEqual([origin.id]);
    w.say(puller, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    expect(copies(object)).toEqual([origin.id, puller.id]);
  });
});

describe('digests of manifests', () => {
  it('O1 the first word on a version stays; a copy with another digest is none', () => {
    const { w, origin, others, key, object } = world(2);
    const [good, bad] = others as [SessionRecord, SessionRecord];
    const { sizeBytes } = object;
    for (const node of [good, bad]) w.say(node, { kind: 'located', object: key, present: true, sizeBytes });
    w.say(origin, { kind: 'manifest', object: key, sizeBytes, digest: digest(1) });
    w.say(good, { kind: 'manifest', object: key, sizeBytes, digest: digest(1) });
    w.say(bad, { kind: 'manifest', object: key, sizeBytes, digest: digest(2) });
    expect(object.manifestDigest).toEqual(digest(1));
    expect(copies(object)).toEqual([origin.id, good.id]);
    expect(w.to(bad, 'dropCopy')).toMatchObject([{ object: key }]);
  });

  it('G2 is written down with the object', async () => {
    const { w, origin, key, object } = world(0);
    w.say(origin, { kind: 'manifest', object: key, sizeBytes: object.sizeBytes, digest: digest(7) });
    await w.commit();
    await w.restart();
    expect(w.gcs.state.object(key)?.manifestDigest).toEqual(digest(7));
  });
});

describe('words against copies', () => {
  it('T5 count against whoever gave wrong bytes, and end its copy where another is at hand', () => {
    const { w, origin, others, key, object } = world(2);
    const [holder, puller] = others as [SessionRecord, SessionRecord];
    w.say(holder, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    w.say(puller, { kind: 'corrupt', object: key, source: holder.id, offset: 0 });
    expect(copies(object)).toEqual([origin.id]);
    expect(w.gcs.objects.corrupt.bySession).toEqual(new Map([[holder.id, 1]]));
    expect(w.events.at(-1)).toMatchObject({ severity: 'warning', kind: 'corrupt-chunk', session: holder.id });
  });

  it('O4 the only copy at hand stays until it was said again and again', () => {
    const { w, origin, others, key, object } = world(2);
    const [away, puller] = others as [SessionRecord, SessionRecord];
    w.say(away, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    w.gcs.sessions.disconnected(away);
    for (let word = 0; word < 7; word++) w.say(puller, { kind: 'corrupt', object: key, source: origin.id, offset: 0 });
    expect(copies(object)).toEqual([origin.id, away.id]);
    w.say(puller, { kind: 'corrupt', object: key, source: origin.id, offset: 0 });
    expect(copies(object)).toEqual([away.id]);
  });

  it('T3 a stranger can take no copy off the list', () => {
    const { w, origin, others, key, object } = world(1);
    const [holder] = others as [SessionRecord];
    w.say(holder, { kind: 'located', object: key, present: true, sizeBytes: object.sizeBytes });
    const stranger = w.stranger();
    w.gcs.objects.corrupt.told(object, holder, stranger, 0);
    expect(copies(object)).toEqual([origin.id, holder.id]);
    expect(w.gcs.objects.corrupt.bySession.get(holder.id)).toBe(1);
  });
});
