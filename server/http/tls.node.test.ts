import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '../main.ts';
import { askForSocket, rawRequest } from './testing/raw-request.ts';
import { writeWebBuild } from './testing/web-build.ts';

const certFile = join(import.meta.dirname, 'testing', 'test-certificate.pem');
const keyFile = join(import.meta.dirname, 'testing', 'test-key.pem');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-tls-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('https', () => {
  it('T1 serves pages, cookies that stay on it, and sessions', async () => {
    writeWebBuild(join(directory, 'web'));
    const server = await startServer({
      port: 0,
      dataDirectory: directory,
      operatorToken: 'operate',
      joinToken: 'join',
      webFolder: join(directory, 'web'),
      tls: { certFile, keyFile },
    });
    try {
      expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
      expect(server.donateUrl).toBe(`${server.url}/donate#key=join`);
      const page = await rawRequest(server.url, '/donate', { headers: { host: 'day.example.org' } });
      expect(page.headers['content-security-policy']).toContain('frame-src https://day.example.org/sandbox;');
      const entered = await rawRequest(server.url, '/?token=operate', {});
      expect(String(entered.headers['set-cookie'])).toContain('; Secure');
      // A certificate that is right is accepted without exceptions.
      expect(await askForSocket(server.url, {}, await readFile(certFile, 'utf8'))).toBe(101);
      await expect(askForSocket(server.url)).rejects.toThrow(/self-signed/);
    } finally {
      await server.stop();
    }
  });

  it('says in one sentence what is wrong with its files', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const otherKey = join(directory, 'other.pem');
    const lockedKey = join(directory, 'locked.pem');
    const nothing = join(directory, 'nothing.pem');
    await writeFile(otherKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    await writeFile(lockedKey, locked);
    await writeFile(nothing, 'nothing of that kind\n');
    const attempt = async (tls: { certFile: string; keyFile: string }): Promise<string> => {
      const error: unknown = await startServer({ port: 0, dataDirectory: join(directory, 'data'), tls }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(Object(error)).toMatchObject({ name: 'ServerStartError', code: 'tls' });
      return String(Object(error).message);
    };
    const absent = join(directory, 'absent.pem');
    expect(await attempt({ certFile: absent, keyFile })).toMatch(
      /^The certificate .*absent\.pem cannot be read \(ENOENT\)\.$/,
    );
    expect(await attempt({ certFile, keyFile: directory })).toMatch(/^The key .* cannot be read \(EISDIR\)\.$/);
    expect(await attempt({ certFile: nothing, keyFile })).toMatch(/holds no certificate in PEM form: .*--tls-cert\.$/);
    expect(await attempt({ certFile, keyFile: nothing })).toMatch(/holds no private key in PEM form .*--tls-key\.$/);
    expect(await attempt({ certFile, keyFile: certFile })).toMatch(/holds no private key in PEM form .*--tls-key\.$/);
    expect(await attempt({ certFile, keyFile: otherKey })).toMatch(
      /is not the key of the certificate in .*--tls-key\.$/,
    );
    expect(await attempt({ certFile, keyFile: lockedKey })).toMatch(/is protected by a password: .*--tls-key\.$/);
  });
});
