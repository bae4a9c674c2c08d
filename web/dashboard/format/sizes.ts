/**
 * Sizes in bytes. Memory comes in powers of two, as machines are built; what lies on disks or goes over networks in powers of
 * ten, as those are sold. The unit says which.
 */

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function format(bytes: number, base: number, units: readonly string[]): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // What would be rounded up to 1000 or 1024 belongs to the next unit.
  while (value >= base - 0.5 && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${Number(value.toFixed(digits))} ${units[unit] ?? ''}`;
}

/** Memory: `512 MiB`, `1.5 GiB`. */
export function formatMemory(bytes: number): string {
  return format(bytes, 1024, BINARY);
}

/** Files, objects and what is sent: `34.2 MB`. */
export function formatSize(bytes: number): string {
  return format(bytes, 1000, DECIMAL);
}

/** `12 MB/s`. */
export function formatBandwidth(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}
