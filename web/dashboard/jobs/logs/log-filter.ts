/**
 * Which lines of a log are shown, and the log as a file.
 */
import type { LogLine } from '#shared/api/schemas.ts';

/** What somebody looks for. */
export interface LogFilter {
  readonly text: string;
  /** From this level on. */
  readonly level: number;
}

/** Levels as the API counts them. */
export const LEVELS = [
  { value: '0', label: 'Everything' },
  { value: '1', label: 'Info and worse' },
  { value: '2', label: 'Warnings and errors' },
  { value: '3', label: 'Errors' },
] as const;

const LEVEL_NAMES = ['debug', 'info', 'warning', 'error'];

/** Name of a level. */
export function levelName(level: number): string {
  return LEVEL_NAMES[level] ?? 'info';
}

/** See above; the case of letters does not count. */
export function filterLines(lines: readonly LogLine[], { text, level }: LogFilter): readonly LogLine[] {
  const sought = text.trim().toLowerCase();
  if (sought === '' && level === 0) return lines;
  return lines.filter(
    (line) => line.level >= level && (sought === '' || `${line.text} ${line.node}`.toLowerCase().includes(sought)),
  );
}

/** One line each: time, level, node, task, text. */
export function logFile(lines: readonly LogLine[]): string {
  return lines
    .map(
      ({ at, level, node, task, text }) =>
        `${at ?? ''} ${levelName(level)} [${node}${task === null ? '' : ` ${task}`}] ${text}\n`,
    )
    .join('');
}
