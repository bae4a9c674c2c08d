import { describe, expect, it } from 'vitest';
import { requests } from '#shared/protocol/requests.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { answerQuestion } from './questions.ts';

const HASH = 'a'.repeat(64);
const CODE = Uint8Array.of(1, 2, 3);

function moduleQuestion(): Uint8Array {
  const writer = new ByteWriter();
  requests.module.body.write(writer, { module: HASH });
  return writer.finish();
}

function actorQuestion(): Uint8Array {
  const writer = new ByteWriter();
  requests.getActor.body.write(writer, { name: 'counter', namespace: 'all' });
  return writer.finish();
}

describe('questions after a start of the server', () => {
  it('M3 what is not known has no answer before its driver is back, who has the record, or the grace is over', async () => {
    const world = new GcsWorld();
    const [host, driver] = [world.open(), world.driver()];
    await world.commit();
    world.say(driver, { kind: 'module', module: HASH, code: CODE, sourceMap: new Uint8Array(0) });
    await world.restart();
    const back = world.back(host.id);
    expect(answerQuestion(world.gcs.state, back, 'module', moduleQuestion())).toBeUndefined();
    expect(answerQuestion(world.gcs.state, back, 'getActor', actorQuestion())).toBeUndefined();
    const boss = world.back(driver.id);
    world.say(boss, { kind: 'module', module: HASH, code: CODE, sourceMap: new Uint8Array(0) });
    const answer = answerQuestion(world.gcs.state, back, 'module', moduleQuestion()) ?? new Uint8Array(0);
    expect(requests.module.answer.read(new ByteReader(answer)).code).toEqual(CODE);
    world.pass(1);
    expect(world.gcs.inGrace).toBe(false);
    const nobody = answerQuestion(world.gcs.state, back, 'getActor', actorQuestion()) ?? new Uint8Array(0);
    expect(requests.getActor.answer.read(new ByteReader(nobody)).actor).toBe(0);
  });

  it('M3 after the grace a module that nobody brought is an error', async () => {
    const world = new GcsWorld();
    const host = world.open();
    await world.commit();
    await world.restart();
    world.back(host.id);
    world.pass(1);
    expect(() => answerQuestion(world.gcs.state, world.session(host.id), 'module', moduleQuestion())).toThrow(
      'its driver has not sent it',
    );
  });
});
