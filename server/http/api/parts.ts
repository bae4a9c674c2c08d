/**
 * What the handlers of the API work with, and how they find what a path names.
 */
import type { Request } from 'express';
import type { Example } from '#shared/api/schemas.ts';
import { type ObjectKey, formatObjectKey, parseObjectKey } from '#shared/ids/object-key.ts';
import type { ControlPlane } from '../../control-plane.ts';
import type { JobRecord, SessionRecord } from '../../gcs/entities.ts';
import type { KeyTable } from '../../gcs/key-table.ts';
import type { JobDownloads } from '../../jobs/job-downloads.ts';
import type { JobServicePort } from '../../jobs/job-service-port.ts';
import type { Measurements } from '../../metrics/measurements.ts';
import { ApiError, found } from '../api-error.ts';
import type { Doorkeeper } from '../authorize.ts';
import type { Table } from '../lists.ts';
import { Turns } from '../turns.ts';

/** What the API is made of. */
export interface ApiParts {
  readonly plane: ControlPlane;
  readonly door: Doorkeeper;
  readonly measurements: Measurements;
  /** Submitted jobs; undefined where the server has no service for them. */
  readonly jobs: () => JobServicePort | undefined;
  /** What jobs left, to be taken home. */
  readonly downloads: JobDownloads;
  readonly examples: readonly Example[];
  /** Whether a node may join without the key. */
  readonly isPublic: boolean;
  /** Version of the server. */
  readonly version: string;
  /** The link that lends a browser, with the key. */
  readonly joinUrl: (request: Request) => string;
}

/** The turns of a request that looks through a table. */
export function turnsFor({ plane }: ApiParts): Turns {
  return new Turns(plane.clock);
}

/** The job that a path names. */
export function jobOf({ plane }: ApiParts, id: string): JobRecord {
  return found(plane.gcs.state.jobs.get(numberOf(id)), 'job');
}

/** The node that a path names. */
export function nodeOf({ plane }: ApiParts, id: string): SessionRecord {
  return found(plane.gcs.state.sessions.get(numberOf(id)), 'node');
}

/** The key that a path names. */
export function keyOf(id: string): ObjectKey {
  const key = parseObjectKey(id);
  if (key === undefined) throw new ApiError(400, 'bad-id', 'an id has the form 3.1057');
  return key;
}

function numberOf(id: string): number {
  const number = parseNumber(id);
  if (number === undefined) throw new ApiError(400, 'bad-id', 'an id is a number here');
  return number;
}

function parseNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Jobs or nodes: numbered from 1. */
export function numberedTable<R extends { readonly id: number }>(records: ReadonlyMap<number, R>): Table<R> {
  return {
    newest: (belowKey) => newestOf(records, belowKey),
    keyOf: ({ id }) => id,
    parseId: parseNumber,
    formatId: String,
  };
}

/** What has an object key. */
export function keyedTable<R extends { readonly key: ObjectKey }>(
  records: ReadonlyMap<ObjectKey, R> | KeyTable<R>,
): Table<R> {
  return {
    newest: (belowKey) => ('newest' in records ? records.newest(belowKey) : newestOf(records, belowKey)),
    keyOf: ({ key }) => key,
    parseId: parseObjectKey,
    formatId: formatObjectKey,
  };
}

function* newestOf<R>(records: ReadonlyMap<number, R>, belowKey: number): Generator<R, void> {
  const keys = Float64Array.from(records.keys()).sort();
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] ?? 0;
    const record = key < belowKey ? records.get(key) : undefined;
    if (record !== undefined) yield record;
  }
}
