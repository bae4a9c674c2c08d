import { describe, expect, it } from 'vitest';
import { digest128 } from '../ids/content-id.ts';
import { nodeRecords } from './node-records.ts';
import { requests } from './requests.ts';
import { serverCommands } from './server-commands.ts';
import { sessionFrames } from './session-frames.ts';
import { OLDEST_SUPPORTED_VERSION, PROTOCOL_VERSION } from './version.ts';
import { workerCommands, workerRequests } from './worker-messages.ts';

/** Between machines: a change here needs a new protocol version, and a line about it in `version.ts`. */
const SCHEMAS_BY_VERSION: Readonly<Record<number, string>> = {
  3: '5d329b8b48329070353a566f9771b801',
  4: 'a345a5a422b371429de14a2de9fd691b',
};

function hashOf(texts: readonly string[]): string {
  return digest128(new TextEncoder().encode(texts.join('\n')));
}

describe('protocol version', () => {
  it('W1 a change of the schemas between machines needs a new version', () => {
    const asked = Object.entries(requests).map(
      ([method, { body, answer }]) => `${method} ${body.describe()} ${answer.describe()}`,
    );
    const hash = hashOf([nodeRecords.describe(), serverCommands.describe(), sessionFrames.describe(), ...asked]);
    expect(hash).toBe(SCHEMAS_BY_VERSION[PROTOCOL_VERSION]);
  });

  it('W1 the previous version is still spoken', () => {
    expect(OLDEST_SUPPORTED_VERSION).toBeLessThanOrEqual(PROTOCOL_VERSION);
    expect(OLDEST_SUPPORTED_VERSION).toBeGreaterThanOrEqual(PROTOCOL_VERSION - 1);
  });

  it('T3 every schema describes itself', () => {
    for (const batch of [nodeRecords, serverCommands, workerRequests, workerCommands])
      expect(batch.describe().length).toBeGreaterThan(100);
  });
});
