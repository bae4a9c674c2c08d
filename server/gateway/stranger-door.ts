/**
 * How many strangers' nodes come from one network address: in a public cluster anybody may open sessions, and one machine
 * shall not fill the tables with them.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AddressLimiter } from '../http/address-limiter.ts';

/** Living sessions of strangers from one address: a class room behind one router, with some to spare. */
export const MAX_STRANGERS_PER_ADDRESS = 64;
/** New ones per minute: each leaves a row, also when it lives for a moment only. */
const OPENINGS_PER_MINUTE = 120;

/** Counts strangers by address. */
export class StrangerDoor {
  readonly #addressOf = new Map<number, string>();
  readonly #living = new Map<string, number>();
  readonly #openings = new AddressLimiter(OPENINGS_PER_MINUTE);

  /** True if one more may open a session from this address now. */
  admits(address: string, nowMs: number): boolean {
    return (this.#living.get(address) ?? 0) < MAX_STRANGERS_PER_ADDRESS && this.#openings.allow(address, nowMs);
  }

  /** A stranger's session was opened, or came back, from this address. */
  entered(session: number, address: string): void {
    this.left(session);
    this.#addressOf.set(session, address);
    this.#living.set(address, (this.#living.get(address) ?? 0) + 1);
  }

  /** A session is over; one that is no stranger's counts for nothing. */
  left(session: number): void {
    const address = this.#addressOf.get(session);
    if (address === undefined) return;
    this.#addressOf.delete(session);
    const count = (this.#living.get(address) ?? 1) - 1;
    if (count > 0) this.#living.set(address, count);
    else this.#living.delete(address);
  }
}

/** The network address that a request comes from; see {@link addressBehind}. */
export function addressOf({ socket, headers }: IncomingMessage): string {
  return addressBehind(socket.remoteAddress ?? '', headers['x-forwarded-for']?.toString());
}

/**
 * Whose connection this is: the address of the other end, or what a proxy on this machine says it passes on; nobody else
 * is believed. Of IPv6 the network: a machine there has addresses without number.
 *
 * @param peer remote address of the socket
 * @param forwardedFor value of `X-Forwarded-For`
 */
export function addressBehind(peer: string, forwardedFor: string | undefined): string {
  if (!/^(::1|(::ffff:)?127\.[\d.]+)$/.test(peer)) return networkOf(peer);
  // The last entry is that of the nearest proxy; what comes before it anybody can write.
  const forwarded = forwardedFor?.split(',').at(-1)?.trim() ?? '';
  return networkOf(isIP(forwarded) === 0 ? peer : forwarded);
}

function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0');
  return `${[...groups, ...rest].slice(0, 4).join(':')}::/64`;
}
