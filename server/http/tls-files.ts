/**
 * Certificate and key of a server that speaks https itself: read and tried out before anything listens, so that what is
 * wrong with them is one sentence at the start and not an alert in somebody's browser.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ServerStartError } from '../start-error.ts';

/** Files in PEM form. */
export interface TlsFiles {
  /** The server's certificate first, then those between it and the authority. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** What the files hold. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly validUntil: Date;
}

/** Reads and checks both. @throws ServerStartError */
export async function readTlsFiles({ certFile, keyFile }: TlsFiles): Promise<TlsIdentity> {
  const [cert, key] = await Promise.all([readPem(certFile, 'certificate'), readPem(keyFile, 'key')]);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw new ServerStartError('tls', `${certFile} holds no certificate in PEM form: give another with --tls-cert.`);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, 'code') ?? '') : '';
    const reason = /MISMATCH/.test(code)
      ? `is not the key of the certificate in ${certFile}`
      : /PASS|PASSWORD|BAD_DECRYPT/.test(code)
        ? 'is protected by a password'
        : 'holds no private key in PEM form that can be used';
    throw new ServerStartError('tls', `${keyFile} ${reason}: give another with --tls-key.`);
  }
  return { cert, key, validUntil: certificate.validToDate };
}

async function readPem(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, 'code') ?? error.message) : String(error);
    throw new ServerStartError('tls', `The ${what} ${file} cannot be read (${code}).`);
  }
}
