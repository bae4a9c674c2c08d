// What browsers get must fit the policies it is served under: nothing inline in the page, nothing to load in the sandbox.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';

import { beforeAll, describe, expect, it } from 'vitest';

import { ensureWebBuilt } from './build-web.ts';
import { findModuleReferences } from './module-references.ts';

const BUILD_LIMIT_MS = 120_000;
let folder: string;
const read = (...names: readonly string[]): string => readFileSync(path.join(folder, ...names), 'utf8');

beforeAll(async () => {
  folder = await ensureWebBuilt();
}, BUILD_LIMIT_MS);

describe('dist/web', () => {
  it('is built again only when something has changed', async () => {
    const built = statSync(path.join(folder, 'build.json'));
    await Promise.all([ensureWebBuilt(), ensureWebBuilt()]);
    expect(statSync(path.join(folder, 'build.json'))).toMatchObject({ ino: built.ino, mtimeMs: built.mtimeMs });
  });

  it.each(['donate', 'dashboard'])('T1 has a page without scripts and styles of its own: %s', (name) => {
    const page = read(name, 'index.html');
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|="javascript:/i);
    const scripts = [...page.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, content] of scripts) {
      expect(attributes).toMatch(/ src="\/assets\/[\w-]+\.js"/);
      expect(content).toBe('');
    }
    const addresses = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, address = '']) => address);
    expect(addresses.filter((address) => !existsSync(path.join(folder, address)))).toEqual([]);
  });

  it('names its scripts by what is in them, the raylet’s worker among them', () => {
    const names = readdirSync(path.join(folder, 'assets'));
    expect(names.filter((name) => !/-[\w-]{8}\.(js|css|svg|js\.map)$/.test(name))).toEqual([]);
    const worker = names.find((name) => /^raylet-worker-[\w-]{8}\.js$/.test(name)) ?? '';
    expect(worker).not.toBe('');
    expect(names.some((name) => name.endsWith('.js') && read('assets', name).includes(`/assets/${worker}`))).toBe(true);
  });

  it.each(['frame.js', 'worker.js'])('T1 has %s of the sandbox in one piece, as a classic script', (name) => {
    const text = read('sandbox', name);
    // It stands inside a document, between script tags.
    expect(text).not.toMatch(/<\/script|<!--|sourceMappingURL/i);
    expect(text).not.toContain('import.meta');
    expect(findModuleReferences(name, text).map(({ specifier }) => specifier)).toEqual([]);
    // Compiled, not run.
    expect(() => new Script(text)).not.toThrow();
  });

  it('names no folder of this machine', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
    expect(files.filter((name) => read(name).includes(path.resolve(import.meta.dirname, '..')))).toEqual([]);
  });
});
