/**
 * The API as an OpenAPI 3.1 document, made of the routes and their schemas: it cannot say anything else than what is checked.
 */
import type { TSchema } from 'typebox';
import { API_PATH, type Route, ROUTES } from '#shared/api/routes.ts';
import * as schemas from '#shared/api/schemas.ts';
import { COOKIE_NAME, PAGE_HEADER } from './authorize.ts';

/** A JSON object of the document. */
type Json = Record<string, unknown>;

const TAGS: Readonly<Record<string, string>> = {
  session: 'Who asks, and this document',
  jobs: 'Jobs: submitting, watching, what they leave',
  cluster: 'Nodes, measurements, events',
  tasks: 'Tasks and actors',
  objects: 'Objects and what they were made of',
};

/** Schemas that have a name: the exports of schemas.ts that are any. */
const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries(schemas).flatMap(([name, value]): [unknown, string][] =>
    typeof value === 'object' ? [[value, name]] : [],
  ),
);

/** The document. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(name, route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Daylight',
      version,
      description: `Programs send a token as "Authorization: Bearer …". Pages log in and get a cookie; with it, whatever is not GET needs the header "${PAGE_HEADER}: 1" too. Whoever has the viewer token may only look. Errors have a status and an ErrorBody.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: API_PATH }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...NAMES].map(([schema, name]) => [name, described(schema, true)])),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAME },
      },
    },
  };
}

function operationOf(operationId: string, route: Route): Json {
  const { summary, tag, role, query, body, answer } = route;
  return {
    operationId,
    summary,
    tags: [tag],
    ...(role === 'operator' ? { description: 'Needs the operator token.' } : {}),
    security: role === 'anybody' ? [] : [{ bearer: [] }, { cookie: [] }],
    parameters: [...pathParameters(route.path), ...queryParameters(query)],
    ...(body ? { requestBody: { required: isRequired(body), content: json(body) } } : {}),
    responses: {
      200: {
        description: 'Done',
        content: typeof answer === 'string' ? { [answer]: {} } : json(answer),
      },
      ...(role === 'anybody' ? {} : { 401: failure('Whoever asks is not known') }),
      ...(role === 'operator' ? { 403: failure('A viewer asks, or a page of another site') } : {}),
      ...(/\{/.test(route.path) ? { 404: failure('There is no such thing') } : {}),
      ...(operationId === 'submitJob' ? { 422: failure('The source is wrong: `problems` says where') } : {}),
      default: failure('It was not done, and why'),
    },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Route['query']): Json[] {
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => {
    const { description, ...rest } = described(schema, true) as Json;
    return { name, in: 'query', required: false, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

function isRequired(body: TSchema): boolean {
  const required: unknown = Reflect.get(body, 'required');
  return Array.isArray(required) && required.length > 0;
}

function failure(description: string): Json {
  return { description, content: json(schemas.ErrorBody) };
}

function json(schema: TSchema): Json {
  return { 'application/json': { schema: described(schema, false) } };
}

/** A schema as JSON, with references instead of the schemas in it that have a name. */
function described(schema: unknown, isDefinition: boolean): unknown {
  const name = isDefinition ? undefined : NAMES.get(schema);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (Array.isArray(schema)) return schema.map((each: unknown) => described(each, false));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, described(value, false)]));
}
