// What a process of a sandbox may take, kept by the kernel: also when it hangs in native code, and when nobody is left to end it.

/** Beyond any of these a process fails or is ended. */
export interface ResourceLimits {
  /** Of memory that it may write. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  /** Descriptors open at once, standard input and output among them. */
  readonly openFiles: number;
}

const KILOBYTE = 1024;
/** Sets each limit that the system knows, then becomes the program. */
const SCRIPT =
  'limit() { (ulimit "$@") 2>/dev/null && ulimit "$@"; }; ' +
  'limit -c 0; limit -f 0; limit -t "$1"; limit -d "$2"; limit -n "$3"; shift 3; exec "$@"';

/**
 * The command that runs a program under limits. It cannot make files larger than nothing either. On Windows there are none.
 */
export function limitedCommand(
  program: string,
  args: readonly string[],
  { memoryBytes, cpuSeconds, openFiles }: ResourceLimits,
): { readonly command: string; readonly args: readonly string[] } {
  if (process.platform === 'win32') return { command: program, args };
  const limits = [cpuSeconds, Math.floor(memoryBytes / KILOBYTE), openFiles].map(String);
  return { command: '/bin/sh', args: ['-c', SCRIPT, 'sh', ...limits, program, ...args] };
}
