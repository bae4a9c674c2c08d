/**
 * The link that lends a browser: the donate page with the join key behind `#`, a part of an address that browsers keep to
 * themselves.
 */
import type { Request } from 'express';
import { originOf, type Site } from './site.ts';

/** The link at this server's `origin`; without the key if it is empty. */
export function donateLink(origin: string, key: string): string {
  return key === '' ? `${origin}/donate` : `${origin}/donate#key=${encodeURIComponent(key)}`;
}

/** The link for somebody who looks at this server now: at its public address, else at the one that he came to. */
export function donateLinkAt(site: Site, request: Request, key: string): string {
  const address = site.addressOf(request);
  return donateLink(site.publicOrigin ?? (address ? originOf(address) : ''), key);
}
