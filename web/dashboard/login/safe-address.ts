/**
 * Where to go after logging in: to a page of this dashboard, whatever the address says. A link could name another site.
 */
export function safeAddress(next: string | undefined): string {
  if (next === undefined || !next.startsWith('/')) return '/';
  // `//host` and `/\host` lead away.
  return /^\/[/\\]/.test(next) || next.startsWith('/login') ? '/' : next;
}
