/**
 * Names of hosts as browsers send them. They are written into policies and links, so what does not look exactly like a name
 * is refused: a `Host` header is text that anybody may send.
 */

/** A host with its port as a URL has it: undefined stands for the scheme's own. */
export interface HostName {
  /** Lower case; IPv6 in brackets. */
  readonly name: string;
  readonly port: number | undefined;
}

const MAX_LENGTH = 260;
const MAX_PORT = 65_535;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const NAME = new RegExp(`^(${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]{2,45}\\])(?::(\\d{1,5}))?$`);
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** Reads `name[:port]`; undefined for anything else, a name with a dot at its end too. */
export function parseHostName(text: string | undefined): HostName | undefined {
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  const [, name, digits] = NAME.exec(text.toLowerCase()) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (name === undefined || port === 0 || (port ?? 0) > MAX_PORT) return undefined;
  return { name, port };
}

/** `name:port`, or the name alone. */
export function formatHostName({ name, port }: HostName): string {
  return port === undefined ? name : `${name}:${port}`;
}

/** True for the names under which a machine's browser reaches that machine alone. */
export function isLoopbackName(name: string): boolean {
  return LOOPBACK.includes(name);
}

/** True for an IPv6 address: a content policy has no way to write one. */
export function isIpv6(name: string): boolean {
  return name.startsWith('[');
}
