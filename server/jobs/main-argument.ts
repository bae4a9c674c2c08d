/**
 * The argument of a submitted job's `main`: it travels within the lease of that task, so it has the bound of every task's
 * arguments. What is larger or cannot be sent is refused before anything of the job exists.
 */
import { SerializationError } from '#shared/errors/daylight-error.ts';
import { MAX_ARGS_BYTES } from '#shared/protocol/limits.ts';
import { encodeArgs } from '#shared/serialization/value-codec.ts';
import { ArgumentRefused } from './job-service-port.ts';

const MAX_MESSAGE_CHARS = 300;

/** The argument list, encoded; empty if there is no argument. @throws ArgumentRefused */
export function encodeMainArgument(args: unknown): Uint8Array {
  if (args === undefined) return new Uint8Array(0);
  const encoded = encode(args);
  if (encoded.sizeBytes <= MAX_ARGS_BYTES) return encoded.toBytes();
  throw new ArgumentRefused(
    `the argument takes ${Math.ceil(encoded.sizeBytes / 1024)} KB and may take ${MAX_ARGS_BYTES / 1024}: let main read what is large from a data set, or run the job with "daylight run"`,
  );
}

function encode(args: unknown): ReturnType<typeof encodeArgs> {
  try {
    return encodeArgs([args], {});
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    throw new ArgumentRefused(error.message.slice(0, MAX_MESSAGE_CHARS), { cause: error });
  }
}
