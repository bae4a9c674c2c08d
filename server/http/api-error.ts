/**
 * Why a request is not answered as it was asked: becomes a status and `{ error: { code, message } }`.
 */
import { ArgumentRefused, SourceProblems } from '../jobs/job-service-port.ts';
import { StorageError } from '#shared/ports/storage.ts';
import type { Problem } from '#shared/api/schemas.ts';

/** A refusal in words for the person who asked. */
export class ApiError extends Error {
  readonly status: number;
  /** For programs. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** The value; status 404 if there is none. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ApiError(404, 'not-found', `there is no such ${what}`);
  return value;
}

/** An answer that says what went wrong. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly error: { readonly code: string; readonly message: string; readonly problems?: readonly Problem[] };
  };
}

/** The answer for what a handler or a body parser threw; undefined for what nobody foresaw. */
export function errorAnswerOf(error: unknown): ErrorAnswer | undefined {
  if (error instanceof ApiError) return answer(error.status, error.code, error.message);
  if (error instanceof SourceProblems) {
    const { message, problems } = error;
    return { status: 422, body: { error: { code: 'problems', message, problems } } };
  }
  if (error instanceof ArgumentRefused) return answer(422, 'bad-args', error.message);
  if (error instanceof StorageError) return answer(503, 'storage', `the storage cannot answer: ${error.message}`);
  return parserAnswer(error);
}

function answer(status: number, code: string, message: string): ErrorAnswer {
  return { status, body: { error: { code, message } } };
}

/** Of what Express and its body parser complain about. */
function parserAnswer(error: unknown): ErrorAnswer | undefined {
  if (!(error instanceof Error)) return undefined;
  const status: unknown = Reflect.get(error, 'status');
  if (status === 413) return answer(413, 'too-large', 'the request is too large');
  if (error instanceof URIError) return answer(400, 'bad-path', 'the address cannot be read: check its % signs');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return answer(status, 'bad-body', `the body cannot be read as JSON: ${error.message}`);
}
