/**
 * An API for tests of commands: answers by the name of the path, as a server would give them, and what was asked.
 */
import { ApiClient } from '#shared/api/client.ts';
import { API_PATH } from '#shared/api/routes.ts';

/** What was asked, as path with query. */
export interface CannedApi {
  readonly api: ApiClient;
  readonly asked: string[];
}

/** Answers `/jobs` with `answers.jobs`, and so on; a function is given the query. */
export function cannedApi(answers: Readonly<Record<string, unknown>>): CannedApi {
  const asked: string[] = [];
  const api = new ApiClient(({ path }) => {
    asked.push(path.slice(API_PATH.length + 1));
    const { pathname, searchParams } = new URL(path, 'http://canned');
    const answer = answers[pathname.slice(API_PATH.length + 1)];
    const body: unknown = typeof answer === 'function' ? answer(Object.fromEntries(searchParams)) : answer;
    return Promise.resolve({
      status: answer === undefined ? 404 : 200,
      json: () => Promise.resolve(body),
      bytes: () => Promise.reject(new Error('no bytes are canned')),
    });
  });
  return { api, asked };
}
