/**
 * How commands end, for scripts: the exit codes and one clear sentence per failure. A user's own stack traces are shown,
 * ours never.
 */
import { ApiFailure } from '#shared/api/client.ts';
import {
  AuthenticationError,
  BundleError,
  ConnectionLostError,
  DaylightError,
  ProtocolError,
  TaskError,
} from '#shared/errors/daylight-error.ts';

/** Exit codes of `daylight`. */
export const EXIT = {
  ok: 0,
  /** The job, or the command, failed. */
  failed: 1,
  usage: 2,
  /** The server cannot be reached, or does not let us in. */
  cannotConnect: 3,
  interrupted: 130,
} as const;

/** A failure as it is shown. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/** A command was given something it cannot use. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What to print and how to end after an error. */
export function explain(error: unknown): Failure {
  if (error instanceof UsageError) return { text: error.message, exitCode: EXIT.usage };
  if (error instanceof ApiFailure) return { text: apiFailure(error), exitCode: EXIT.failed };
  if (error instanceof BundleError) return { text: `the job does not bundle\n${error.message}`, exitCode: EXIT.failed };
  if (error instanceof AuthenticationError) {
    return {
      text: `${error.message}\n  give the token that the server printed: --token or DAYLIGHT_TOKEN`,
      exitCode: EXIT.cannotConnect,
    };
  }
  if (error instanceof ConnectionLostError) {
    return {
      text: `${error.message}\n  ${adviceOf(error)}`,
      exitCode: EXIT.cannotConnect,
    };
  }
  if (error instanceof DaylightError && error.name === 'DaylightError')
    return { text: error.message, exitCode: EXIT.failed };
  if (error instanceof ProtocolError) return { text: error.message, exitCode: EXIT.cannotConnect };
  if (error instanceof TaskError || !(error instanceof DaylightError))
    return { text: userError(error), exitCode: EXIT.failed };
  return { text: `${error.name}: ${error.message}`, exitCode: EXIT.failed };
}

/** The server's own words say what to do next, but for what only it knows. */
function apiFailure({ status, message }: ApiFailure): string {
  if (status === 403) return `${message}\n  this token may only read: use the operator's`;
  return status === 500 ? `${message}\n  what the server printed says more` : message;
}

/** What to do about a server that cannot be reached. */
function adviceOf({ message }: Error): string {
  return /CERT|SELF_SIGNED|VERIFY|certificate/i.test(message)
    ? 'the certificate of the server is not known here: name the file of its authority in NODE_EXTRA_CA_CERTS'
    : 'check the address, and that the server runs (daylight up)';
}

/** The message, and those frames of the stack that are the user's: paths relative to the job's root, no runtime. */
function userError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'ServerStartError') return error.message;
  return withoutRuntimeFrames(error.stack ?? error.message);
}

/** A stack without the frames of the runtime, which has other addresses than the user's files. */
export function withoutRuntimeFrames(stack: string): string {
  const lines = stack.split('\n');
  return lines.filter((line) => !/^\s*at .*(node:internal|file:\/\/|\/node_modules\/)/.test(line)).join('\n');
}
