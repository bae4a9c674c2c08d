import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { findChromium } from './chromium.ts';
import { ensureChromium, type Machine } from './install-chromium.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-chromium-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, mode: number): string {
  const made = path.join(folder, name);
  writeFileSync(made, '');
  chmodSync(made, mode);
  return made;
}

describe('findChromium', () => {
  it('takes what the variable names, else the best name on the PATH, and only what can be run', () => {
    const browser = file('chromium-browser', 0o755);
    const chrome = file('google-chrome', 0o755);
    const own = file('own', 0o755);
    const PATH = ['/nowhere', folder].join(path.delimiter);
    expect(findChromium({ PATH })).toBe(browser);
    expect(findChromium({ PATH, DAYLIGHT_CHROMIUM: own })).toBe(own);
    expect(findChromium({ PATH, DAYLIGHT_CHROMIUM: '' })).toBe(browser);
    expect(findChromium({ PATH, DAYLIGHT_CHROMIUM: path.join(folder, 'missing') })).toBeUndefined();
    chmodSync(browser, 0o644);
    expect(findChromium({ PATH })).toBe(chrome);
    expect(findChromium({ PATH: '/nowhere' })).toBeUndefined();
    expect(findChromium({})).toBeUndefined();
  });
});

describe('ensureChromium', () => {
  /** A machine on which the commands in `fails` fail; the browser is there once it was installed. */
  function machine(options: { isRoot?: boolean; has?: boolean; fails?: RegExp; absent?: RegExp }) {
    const ran: string[] = [];
    const said: string[] = [];
    let has = options.has ?? false;
    const made: Machine = {
      find: () => (has ? '/usr/bin/chromium' : undefined),
      run: async (command) => {
        const line = command.join(' ');
        if (options.absent?.test(line)) throw new Error('ENOENT');
        ran.push(line);
        const fails = options.fails?.test(line) ?? false;
        if (line.includes(' install ') && !fails) has = true;
        return { exitCode: fails ? 100 : 0, output: fails ? 'E: it is so' : '' };
      },
      isRoot: options.isRoot ?? false,
      say: (line) => said.push(line),
    };
    return { made, ran, said };
  }

  it('does nothing where there is one', async () => {
    const { made, ran, said } = machine({ has: true });
    await ensureChromium(made);
    expect([ran, said]).toEqual([[], []]);
  });

  it.each([
    [true, ''],
    [false, 'sudo -n '],
  ])('installs it, fresh lists first, and says one line (root: %s)', async (isRoot, before) => {
    const { made, ran, said } = machine({ isRoot });
    await ensureChromium(made);
    const apt = `${before}env DEBIAN_FRONTEND=noninteractive apt-get`;
    expect(ran.filter((line) => line.startsWith(apt))).toEqual([
      `${apt} update -qq`,
      `${apt} install -qq -y --no-install-recommends chromium`,
    ]);
    expect(said.length).toBe(1);
  });

  it('says what to install where it may not or cannot', async () => {
    const advice = /install the package `chromium`/;
    for (const options of [
      { absent: /^apt-get/ },
      { absent: /^sudo/ },
      { fails: /^sudo -n true/ },
      { isRoot: true, fails: /update/ },
    ]) {
      await expect(ensureChromium(machine(options).made)).rejects.toThrow(advice);
    }
    await expect(ensureChromium(machine({ isRoot: true, fails: /install/ }).made)).rejects.toThrow('E: it is so');
  });
});
