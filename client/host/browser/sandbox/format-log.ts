/**
 * `console.log` of a job in a browser as one line of text. Only Node can print an object to a string by itself.
 */
import { inspect } from 'loupe';

/** Characters of one value; what is longer is cut with a mark. */
const MAX_VALUE_CHARS = 4_000;

/** The arguments as people read them: texts as they are, errors with their stack, the rest as code. */
export function formatLog(args: readonly unknown[]): string {
  return args.map(formatValue).join(' ');
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    if (value instanceof Error) return value.stack ?? String(value);
    return inspect(value, { truncate: MAX_VALUE_CHARS });
  } catch {
    // A proxy or a getter of the job's that throws.
    return Object.prototype.toString.call(value);
  }
}
