/**
 * A page of another release than its server loads itself again, once per release of the server: a browser that keeps an
 * old copy in spite of that must not end in a loop.
 */

const FLAG_NAME = 'daylight.renewed-for';

/** The part of `sessionStorage` needed here; every call may throw. */
export interface RenewalMemory {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** How a page's protocol version stands to the server's. */
export type VersionFit = 'same' | 'server-is-newer' | 'server-is-older';

/** Compares two protocol versions. */
export function compareVersions(server: number, page: number): VersionFit {
  if (server === page) return 'same';
  return server > page ? 'server-is-newer' : 'server-is-older';
}

/** Whether to load the page again; notes that it was done. Where nothing can be noted the answer is no. */
export function claimRenewal(serverVersion: number, memory: RenewalMemory | undefined): boolean {
  const mark = String(serverVersion);
  try {
    if (memory === undefined || memory.getItem(FLAG_NAME) === mark) return false;
    memory.setItem(FLAG_NAME, mark);
    return memory.getItem(FLAG_NAME) === mark;
  } catch {
    return false;
  }
}
