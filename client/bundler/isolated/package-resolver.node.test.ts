import { symlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ProjectFolder } from '../testing/job-fixture.ts';
import { ClosedFolder } from './closed-folder.ts';
import { PackageResolver, splitSpecifier } from './package-resolver.ts';

const json = (value: unknown): string => JSON.stringify(value);
const project = new ProjectFolder({
  'secret.txt': 'secret',
  'secret/package.json': json({ main: 'index.js' }),
  'secret/index.js': '1',
  'modules/main/package.json': json({ main: 'lib/start', module: 'lib/start.mjs', sideEffects: false }),
  'modules/main/lib/start.js': '1',
  'modules/main/lib/start.mjs': '1',
  'modules/main/lib/deep/index.ts': '1',
  'modules/main/data.json': '1',
  'modules/browser/package.json': json({
    main: 'index.js',
    browser: { './index.js': './web.js', './gone.js': false, fs: false, main: './own-main.js' },
  }),
  'modules/browser/index.js': '1',
  'modules/browser/web.js': '1',
  'modules/browser/gone.js': '1',
  'modules/browser/own-main.js': '1',
  'modules/@scope/exports/package.json': json({
    exports: {
      '.': [{ node: './node.js', browser: { import: './web.mjs', default: './web.cjs' } }, './other.js'],
      './hidden/*': null,
      './*': './lib/*.js',
      './*.json': './lib/*.json',
      './out': '../../../secret.txt',
    },
    imports: { '#inner': './lib/inner.js', '#main': 'main' },
  }),
  'modules/@scope/exports/web.mjs': '1',
  'modules/@scope/exports/web.cjs': '1',
  'modules/@scope/exports/lib/a/b.js': '1',
  'modules/@scope/exports/lib/c.json': '1',
  'modules/@scope/exports/lib/inner.js': '1',
  'modules/@scope/exports/node_modules/main/package.json': json({ main: 'nested.js' }),
  'modules/@scope/exports/node_modules/main/nested.js': '1',
  'modules/effects/package.json': json({ sideEffects: ['*.css', './lib/setup.js'] }),
  'modules/effects/index.js': '1',
  'modules/effects/lib/setup.js': '1',
  'modules/plain/index.js': '1',
  'modules/plain/package.json': '{}',
  'modules/broken/package.json': '{',
  'modules/.store/linked@1/node_modules/linked/package.json': '{}',
  'modules/.store/linked@1/node_modules/linked/index.js': '1',
  'modules/.store/linked@1/node_modules/beside/package.json': '{}',
  'modules/.store/linked@1/node_modules/beside/index.js': '1',
});
symlinkSync('.store/linked@1/node_modules/linked', project.file('modules/linked'));
symlinkSync('../secret', project.file('modules/outside'));
symlinkSync('../../secret.txt', project.file('modules/plain/secret.txt'));
afterAll(() => project[Symbol.dispose]());

const folder = new ClosedFolder(project.file('modules'));
const resolver = new PackageResolver(folder);
const file = (
  specifier: string,
  importer = '',
  kind: 'import-statement' | 'require-call' = 'import-statement',
): unknown => {
  const found = resolver.resolve(specifier, importer, kind);
  return found?.disabled === true ? 'nothing' : found?.file;
};

describe('a folder of packages', () => {
  it('finds the main file: module for an import, main for a require, index by itself', () => {
    expect(file('main')).toBe('main/lib/start.mjs');
    expect(file('main', '', 'require-call')).toBe('main/lib/start.js');
    expect(file('plain')).toBe('plain/index.js');
    expect(file('main/data.json')).toBe('main/data.json');
    expect(file('main/lib/deep')).toBe('main/lib/deep/index.ts');
    expect(file('./deep/index.js', 'main/lib/start.js')).toBe('main/lib/deep/index.ts');
    expect(file('..', 'plain/x/y.js')).toBe('plain/index.js');
    expect(resolver.resolve('main', '', 'import-statement')).toMatchObject({ sideEffects: false });
    expect(resolver.resolve('plain', '', 'import-statement')).toMatchObject({ sideEffects: true });
    expect(resolver.resolve('effects', '', 'import-statement')).toMatchObject({ sideEffects: false });
    expect(resolver.resolve('effects/lib/setup', '', 'import-statement')).toMatchObject({ sideEffects: true });
  });

  it('follows exports and imports with the conditions of a worker in a browser', () => {
    expect(file('@scope/exports')).toBe('@scope/exports/web.mjs');
    expect(file('@scope/exports', '', 'require-call')).toBe('@scope/exports/web.cjs');
    expect(file('@scope/exports/a/b')).toBe('@scope/exports/lib/a/b.js');
    expect(file('@scope/exports/c.json')).toBe('@scope/exports/lib/c.json');
    for (const closed of ['hidden/x', 'lib/a/b.js', 'missing', 'out'])
      expect(file(`@scope/exports/${closed}`)).toBeUndefined();
    expect(file('#inner', '@scope/exports/web.mjs')).toBe('@scope/exports/lib/inner.js');
    expect(file('#main', '@scope/exports/web.mjs')).toBe('@scope/exports/node_modules/main/nested.js');
    expect(file('#inner')).toBeUndefined();
  });

  it('takes what a package has for browsers', () => {
    expect(file('browser')).toBe('browser/web.js');
    expect(file('./gone', 'browser/web.js')).toBe('nothing');
    expect(file('fs', 'browser/web.js')).toBe('nothing');
    expect(file('main', 'browser/web.js')).toBe('browser/own-main.js');
  });

  it('finds packages beside the importer first, and through links inside the folder', () => {
    expect(file('main', '@scope/exports/lib/a/b.js')).toBe('@scope/exports/node_modules/main/nested.js');
    expect(file('linked')).toBe('.store/linked@1/node_modules/linked/index.js');
    expect(file('beside', '.store/linked@1/node_modules/linked/index.js')).toBe(
      '.store/linked@1/node_modules/beside/index.js',
    );
    expect(file('beside')).toBeUndefined();
  });

  it('has no way out: paths, addresses, dots, links', () => {
    for (const specifier of [
      '..',
      '../secret.txt',
      './plain/index.js',
      '/etc/passwd',
      project.file('secret.txt'),
      'file:///etc/passwd',
      'plain/../../secret.txt',
      'plain/../plain',
      'plain/%2e%2e/%2e%2e/secret.txt',
      'plain\\..\\..\\secret.txt',
      '@scope/../../secret',
      '@../secret',
      '.store/linked@1/node_modules/linked',
      'node_modules/plain',
      'plain/node_modules/x',
      'plain/',
      'plain//index.js',
      'plain/secret.txt',
      'outside',
      'outside/index.js',
      'plain\0/index.js',
      'broken',
      '',
      '*',
    ]) {
      expect([specifier, file(specifier)]).toEqual([specifier, undefined]);
      expect([specifier, file(specifier, '', 'require-call')]).toEqual([specifier, undefined]);
    }
    for (const specifier of [
      '../../secret.txt',
      '../../secret',
      './../../secret/index.js',
      './secret.txt',
      '../outside',
    ])
      expect([specifier, file(specifier, 'plain/index.js')]).toEqual([specifier, undefined]);
    for (const name of ['../secret.txt', 'plain/secret.txt', 'outside/index.js', '/etc/passwd', 'plain', 'gone'])
      expect([name, folder.read(name, 1000)]).toEqual([name, undefined]);
    expect(folder.read('plain/index.js', 0)).toBeUndefined();
    expect(new ClosedFolder(project.file('gone')).kindOf('.')).toBeUndefined();
  });

  it('splits the names of packages', () => {
    expect(splitSpecifier('@a/b/c/d.js')).toEqual({ name: '@a/b', subpath: 'c/d.js' });
    expect(splitSpecifier('a.b-c_d')).toEqual({ name: 'a.b-c_d', subpath: '' });
    expect(splitSpecifier('@a')).toBeUndefined();
  });
});
