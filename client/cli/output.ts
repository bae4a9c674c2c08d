/**
 * Where commands print: results on standard output, everything else on standard error. Colours only where a person watches and
 * NO_COLOR does not forbid them; what comes from other machines passes {@link printable} first.
 */
import { styleText } from 'node:util';
import { printable } from './printable.ts';
import { Terminal } from './terminal.ts';

/** Styles that commands use, as `styleText` names them. */
export type Style = Parameters<typeof styleText>[0];

/** Lines of a result. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(`${printable(lines.join('\n'))}\n`);
}

/** One line of JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A word to the person, not part of the result. */
export function say(...lines: readonly string[]): void {
  process.stderr.write(`${printable(lines.join('\n'))}\n`);
}

/** The text in a style, if standard output (or another stream) shows it. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Columns of the terminal that standard output (or another stream) is; undefined if it is none, unless COLUMNS says so. */
export function outputWidth({ columns }: Pick<NodeJS.WriteStream, 'columns'> = process.stdout): number | undefined {
  const given = Number(process.env['COLUMNS']);
  return columns > 0 ? columns : Number.isInteger(given) && given > 0 ? given : undefined;
}

/** A reader that has seen enough (`… | head`) ends the command quietly. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Words to a person who is gone are no reason to end, nor to fail.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/**
 * Resolves once the readers of both streams have got everything. To a pipe Node writes as much as fits (64 KiB, often) and the
 * rest as it is read; `process.exit` does not wait for that.
 */
export async function everythingWritten(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
}

/** Lines and progress on standard error. */
export function openTerminal(): Terminal {
  const { env, stderr } = process;
  return new Terminal(stderr, () => performance.now(), (env['NO_COLOR'] ?? '') === '');
}
