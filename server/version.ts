/**
 * The version of this server: that of its package.
 */
import { existsSync, readFileSync } from 'node:fs';

/** From the sources, and from the built package. */
const PLACES = ['../package.json', '../../package.json'];

/** As the package says. */
export function serverVersion(): string {
  for (const place of PLACES) {
    const file = new URL(place, import.meta.url);
    if (!existsSync(file)) continue;
    const { name, version }: { name?: unknown; version?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
    if (name === 'daylight' && typeof version === 'string') return version;
  }
  return 'unknown';
}
