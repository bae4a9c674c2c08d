import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import * as daylight from './index.ts';
import { FakeRaylet, FIRST_KEY, testPorts } from './worker/testing/fake-raylet.ts';
import { PUBLIC_API_NAMES } from './worker/runtime-binding.ts';
import { startDriver } from './worker/worker-runtime.ts';

it('exports exactly the public API', () => {
  expect(Object.keys(daylight).toSorted()).toEqual(PUBLIC_API_NAMES.toSorted());
});

it('an inline function is refused at remote() for a free variable, and ships its source and captures otherwise', async () => {
  const outside = Math.sqrt(4);
  expect(() => daylight.remote((x: number) => x + outside)).toThrow('outside');
  const scaled = daylight.remote((x: number) => x * outside, { capture: { outside } });
  const raylet = new FakeRaylet();
  const driver = await startDriver(raylet.workerEnd, testPorts());
  scaled.remote(2);
  await raylet.settle();
  const code = new TextDecoder().decode(raylet.of('module')[0]?.code);
  expect(code).toContain('x * outside');
  expect(raylet.of('function')[0]?.name).toMatch(/^inline#/);
  // The driver can evaluate what it ships.
  await driver.evaluate({ hash: raylet.of('module')[0]?.module ?? '', code, sourceMap: '' });
  driver.close();
});

it('remoteModule gives stubs at once and sends the calls when the bundle is there', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'daylight-')), 'tasks.ts');
  writeFileSync(
    file,
    "import { remote } from 'daylight';\nexport const twice = remote((x: number) => 2 * x);\nclass C { inc() { return 1; } }\nexport const RemoteC = remote(C);\n",
  );
  const raylet = new FakeRaylet();
  const driver = await startDriver(raylet.workerEnd, testPorts());
  const stubs = daylight.remoteModule(pathToFileURL(file)) as unknown as {
    twice: { remote(x: number): daylight.ObjectRef<number> };
    absent: { remote(): daylight.ObjectRef<number> };
    RemoteC: { remote(): { inc: { remote(): daylight.ObjectRef<number> } } };
  };
  stubs.twice.remote(4);
  stubs.RemoteC.remote().inc.remote();
  await expect(daylight.get(stubs.absent.remote())).rejects.toThrow('"absent"');
  await vi.waitFor(() =>
    expect(raylet.of('submit').map(({ task }) => task)).toEqual([FIRST_KEY, FIRST_KEY + 1, FIRST_KEY + 2]),
  );
  expect(raylet.of('function').map(({ name }) => name)).toEqual(['tasks#twice', 'tasks#RemoteC', 'RemoteC.inc']);
  driver.close();
});
