/**
 * `init` on Node: joins a cluster, or starts one of this machine in the background.
 */
import path from 'node:path';
import type { Init, Session } from '#client/api/get-types.ts';
import { MAX_PURPOSE_BYTES, MAX_SUBMITTER_BYTES } from '#shared/protocol/limits.ts';
import { connectDriver } from './driver-connection.ts';
import { startLocalServer } from './local-cluster.ts';
import { availableCpus } from './machine.ts';

let current: Promise<Session> | undefined;

/** See `Init`. A process has one session at a time. */
export const init: Init = async (options = {}) => {
  if (current !== undefined)
    throw new Error('init() was called before: this process has a session; shutdown() ends it');
  const { address, token, dataDir, port } = options;
  if (address !== undefined && (dataDir !== undefined || port !== undefined)) {
    throw new TypeError('dataDir and port are for a local cluster: leave them out, or leave address out');
  }
  checkLength('submitter', options.submitter, MAX_SUBMITTER_BYTES);
  checkLength('purpose', options.purpose, MAX_PURPOSE_BYTES);
  if (address !== undefined && token === undefined)
    throw new TypeError('init({ address }) needs the token that the server printed');
  const session = open(options);
  current = session;
  try {
    return await session;
  } catch (error) {
    current = undefined;
    throw error;
  }
};

async function open({
  address,
  token = '',
  numCpus,
  resources,
  labels,
  dataDir,
  port,
  jobName,
  submitter = '',
  purpose = '',
  objectStoreBytes,
  spillDir,
  spillLimitBytes,
}: NonNullable<Parameters<Init>[0]>): Promise<Session> {
  const local =
    address === undefined
      ? await startLocalServer({
          ...(dataDir === undefined ? {} : { dataDir }),
          ...(port === undefined ? {} : { port }),
        })
      : undefined;
  const url = local?.url ?? address ?? '';
  try {
    const connection = await connectDriver({
      url,
      token: local?.joinToken ?? token,
      numCpus: numCpus ?? (local ? availableCpus() : 0),
      ...(resources === undefined ? {} : { resources }),
      labels,
      jobName: jobName ?? scriptName(),
      submitter,
      purpose,
      objectStoreBytes,
      spillDir,
      spillLimitBytes,
      onLog: ({ text }) => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
      onWarning: (message) => process.emitWarning(message),
      onFatal: (error) => process.emitWarning(error),
    });
    const shutdown = async (): Promise<void> => {
      await connection.close();
      await local?.stop();
      current = undefined;
    };
    return {
      address: url,
      dashboardUrl: local?.operatorUrl ?? url,
      jobId: String(connection.raylet.job),
      shutdown,
      [Symbol.asyncDispose]: shutdown,
    };
  } catch (error) {
    await local?.stop();
    throw error;
  }
}

function checkLength(name: string, text: string | undefined, maxBytes: number): void {
  if (text !== undefined && Buffer.byteLength(text) > maxBytes)
    throw new TypeError(`${name} is a text of at most ${maxBytes} bytes`);
}

function scriptName(): string {
  const [, script] = process.argv;
  return script === undefined ? 'script' : path.basename(script);
}
