/**
 * What was built for browsers (dist/web), in memory: a request is answered from a table of names, so no path can lead out
 * of it, and a build that replaces the files never mixes with the one before. Looked for again while it is not there, and
 * read again when it has changed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file as it is sent. */
export interface WebFile {
  /** Content type. */
  readonly type: string;
  readonly body: Buffer;
  /** The same compressed, where that pays. */
  readonly gzipped: Buffer | undefined;
}

/** One complete build. */
export interface WebBuild {
  readonly donatePage: WebFile;
  /** Undefined if it was left out of the build. */
  readonly dashboardPage: WebFile | undefined;
  /** By name, below `/assets/`. */
  readonly assets: ReadonlyMap<string, WebFile>;
  /** Source of the sandbox document's script, and of the workers it starts. */
  readonly sandboxFrame: string;
  readonly sandboxWorker: string;
}

/** Written last by scripts/build-web.ts. */
const NOTE = 'build.json';
/** From the sources, and from the built package. */
const PLACES = ['../../dist/web', '../../web'].map((place) => path.join(import.meta.dirname, place));
const MIN_GZIP_BYTES = 1024;
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const COMPRESSED_TYPES = /\.(png|webp|woff2)$/;

/** The build that is there now. */
export class WebFiles {
  readonly #places: readonly string[];
  #build: WebBuild | undefined;
  #readFrom = '';

  /** @param places where it may lie, the first that is complete counts; default: where this server's build is */
  constructor(places: readonly string[] = PLACES) {
    this.#places = places;
  }

  /** The newest complete build; undefined if there is none. */
  current(): WebBuild | undefined {
    const folder = this.#places.find((place) => existsSync(path.join(place, NOTE)));
    if (folder === undefined) return this.#build;
    try {
      const { mtimeMs, ino } = statSync(path.join(folder, NOTE));
      const version = `${folder} ${mtimeMs} ${ino}`;
      if (version !== this.#readFrom) {
        this.#build = readBuild(folder);
        this.#readFrom = version;
      }
    } catch (error) {
      // It is being replaced at this very moment: what was read before still serves.
      if (!this.#build) throw error;
    }
    return this.#build;
  }
}

function readBuild(folder: string): WebBuild {
  const script = (name: string): string => readFileSync(path.join(folder, 'sandbox', name), 'utf8');
  const assets = path.join(folder, 'assets');
  const dashboard = path.join(folder, 'dashboard', 'index.html');
  return {
    donatePage: readWebFile(path.join(folder, 'donate', 'index.html')),
    dashboardPage: existsSync(dashboard) ? readWebFile(dashboard) : undefined,
    assets: new Map(readdirSync(assets).map((name) => [name, readWebFile(path.join(assets, name))])),
    sandboxFrame: script('frame.js'),
    sandboxWorker: script('worker.js'),
  };
}

function readWebFile(file: string): WebFile {
  const body = readFileSync(file);
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
  const pays = body.length >= MIN_GZIP_BYTES && !COMPRESSED_TYPES.test(file);
  return { type, body, gzipped: pays ? gzipSync(body) : undefined };
}
