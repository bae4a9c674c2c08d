/**
 * Why a server did not start, in one sentence for a person.
 */

/** A server that cannot start. */
export class ServerStartError extends Error {
  /** `port-in-use`, `address`, `directory`, `tls`, `public-url`, `sandbox-host`, or the code of a `StorageError`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ServerStartError';
    this.code = code;
  }
}
