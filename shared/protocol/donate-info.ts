/**
 * What a server tells anybody who opens its donate page: the answer to `GET /donate/info`.
 */

/** See above. */
export interface DonateInfo {
  /** Whether a node may join without the key. */
  readonly isPublic: boolean;
  readonly protocolVersion: number;
  /**
   * Address of the sandbox document. If its host name begins with `*`, any name may stand there, and documents of
   * different names get processes of their own.
   */
  readonly sandboxUrl: string;
}
