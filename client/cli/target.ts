/**
 * Which cluster a command means: what its options say, else the environment, else the server that runs on this machine.
 */
import { type Command, Option } from 'commander';
import { type KnownCluster, readServers } from './cluster-file.ts';
import { UsageError } from './exit-codes.ts';
import { parseAddress } from './parse-values.ts';

/** The options as a command line has them. */
export interface TargetOptions {
  readonly address?: string;
  readonly token?: string;
}

/** A cluster and what lets us in. */
export interface Target {
  readonly address: string;
  readonly token: string;
}

/** Adds `--address` and `--token`. */
export function addTargetOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--address <url>', 'address of the server (default: the one that runs on this machine)')
        .env('DAYLIGHT_ADDRESS')
        .argParser(parseAddress),
    )
    .addOption(new Option('--token <token>', "the operator's token, as the server printed it").env('DAYLIGHT_TOKEN'));
}

/** The cluster that is meant; `known` are the servers of this machine, the newest first. @throws UsageError saying what is missing */
export function resolveTarget(options: TargetOptions, known: readonly KnownCluster[] = readServers()): Target {
  const { address = known[0]?.url, token } = options;
  if (address === undefined) {
    throw new UsageError(
      'say which cluster: --address and --token, or DAYLIGHT_ADDRESS and DAYLIGHT_TOKEN; no server runs on this machine (daylight up starts one)',
    );
  }
  return { address, token: token ?? tokenFor(address, 'operatorToken', known) };
}

/** The token of a server at that address, if it runs on this machine. @throws UsageError if it does not */
export function tokenFor(
  address: string,
  kind: 'operatorToken' | 'joinToken',
  known: readonly KnownCluster[] = readServers(),
): string {
  const here = known.find(({ url, publicUrl }) => sameServer(address, url) || sameServer(address, publicUrl));
  if (here !== undefined) return here[kind];
  throw new UsageError(`${address} needs a token: --token, or DAYLIGHT_TOKEN, as the server printed it`);
}

/** `localhost` and 127.0.0.1 are the same place; other names are compared as they are written. */
function sameServer(one: string, other: string): boolean {
  const origin = (text: string): string | undefined =>
    URL.parse(text.replace(/\/\/(localhost|\[::1\])(?=[:/]|$)/, '//127.0.0.1'))?.origin;
  return origin(one) === origin(other);
}
