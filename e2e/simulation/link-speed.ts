/**
 * How much a machine's connection to the network carries.
 */

/** 100 Mbit/s, the usual. */
export const LINK_BYTES_PER_MS = 12_500;

/** From a slow line at home to a local network. */
export const LINK_SPEEDS: readonly number[] = [1_250, 6_250, LINK_BYTES_PER_MS, LINK_BYTES_PER_MS, 125_000];
