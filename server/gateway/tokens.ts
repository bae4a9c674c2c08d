/**
 * Tokens (rule T2, DESIGN §9): who may join, who may look, who may operate. They are made once and kept in the data directory,
 * readable by its owner alone.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TOKEN_BYTES = 24;
const OWNER_ONLY = 0o600;
const FILE = 'tokens.json';

/** What lets nodes and drivers in. */
export interface JoinTokens {
  /** For people: sees and stops everything. */
  readonly operator: string;
  /** For nodes and drivers of a private cluster. */
  readonly join: string;
}

/** The keys of a cluster. */
export interface Tokens extends JoinTokens {
  /** For people who only look. */
  readonly viewer: string;
  /** Signs the cookies of those who have logged in; never leaves the server. */
  readonly cookieKey: string;
}

const NAMES = ['operator', 'viewer', 'join', 'cookieKey'] as const satisfies readonly (keyof Tokens)[];

/** Reads the tokens of a data directory; makes what is missing and not given. */
export async function loadTokens(directory: string, given: Partial<Tokens>): Promise<Tokens> {
  const path = join(directory, FILE);
  const kept = await readKept(path);
  const of = (name: keyof Tokens): string => given[name] ?? kept[name] ?? newToken();
  const tokens: Tokens = {
    operator: of('operator'),
    viewer: of('viewer'),
    join: of('join'),
    cookieKey: of('cookieKey'),
  };
  if (NAMES.some((name) => tokens[name] !== kept[name])) {
    await writeFile(path, `${JSON.stringify(tokens)}\n`, { mode: OWNER_ONLY });
    await chmod(path, OWNER_ONLY);
  }
  return tokens;
}

/** Compares without telling by its duration how much was right. */
export function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** True if the token opens the cluster for nodes and drivers. */
export function mayJoin(given: string, tokens: JoinTokens): boolean {
  // Both are compared always: which one fits must not show.
  const joins = sameToken(given, tokens.join);
  return sameToken(given, tokens.operator) || joins;
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

async function readKept(path: string): Promise<Partial<Tokens>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  const kept: unknown = JSON.parse(text);
  const tokens: Partial<Record<keyof Tokens, string>> = {};
  for (const name of NAMES) {
    const value: unknown = typeof kept === 'object' && kept !== null ? Reflect.get(kept, name) : undefined;
    if (typeof value === 'string' && value !== '') tokens[name] = value;
  }
  return tokens;
}
