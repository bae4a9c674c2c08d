import { describe, expect, it } from 'vitest';
import { type Route, ROUTES } from '#shared/api/routes.ts';
import * as schemas from '#shared/api/schemas.ts';
import { openApiDocument } from './openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { readonly schema?: object }> }
  >;
}

interface Document {
  readonly openapi: string;
  readonly info: Record<string, unknown>;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: Record<string, object> };
}

/** As a program reads it. */
const document: Document = JSON.parse(JSON.stringify(openApiDocument('1.2.3')));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object in a part of the document. */
function* objectsIn(part: unknown): Generator<Record<string, unknown>, void> {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part)) yield part as Record<string, unknown>;
  for (const value of Object.values(part)) yield* objectsIn(value);
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'];

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isAnything = (): boolean => true;

/** Keywords that are used here, and what their values are. Those that hold schemas are looked into. */
const KEYWORDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => TYPES.includes(String(value)),
  required: isNames,
  enum: isNames,
  minimum: isNumber,
  maximum: isNumber,
  maxLength: isNumber,
  $ref: isText,
  description: isText,
  pattern: isText,
  format: isText,
  const: isAnything,
  default: isAnything,
  properties: isAnything,
  patternProperties: isAnything,
  items: isAnything,
  additionalProperties: isAnything,
  anyOf: (value) => Array.isArray(value) && value.length > 0,
};

/** What is wrong with a JSON Schema. */
function complaints(schema: unknown, where: string): string[] {
  if (typeof schema === 'boolean') return [];
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [`${where} is no schema`];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    const at = `${where}.${keyword}`;
    if (!KEYWORDS[keyword]?.(value)) return [`${at} is ${JSON.stringify(value)}`];
    if (keyword === 'items' || keyword === 'additionalProperties') return complaints(value, at);
    if (!['properties', 'patternProperties', 'anyOf'].includes(keyword)) return [];
    return Object.entries(Object(value)).flatMap(([name, each]) => complaints(each, `${at}.${name}`));
  });
}

describe('the OpenAPI document', () => {
  it('has every route once, with its parameters, body and answers', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, servers: [{ url: '/api/v1' }] });
    const routes = Object.entries<Route>(ROUTES);
    expect(operations.map(({ operation }) => operation.operationId).toSorted()).toEqual(
      routes.map(([name]) => name).toSorted(),
    );
    for (const [name, { path, method, query, body, answer, role, tag }] of routes) {
      const operation = document.paths[path]?.[method.toLowerCase()];
      const names = (place: string): string[] | undefined =>
        operation?.parameters.filter((each) => each.in === place).map((each) => each.name);
      expect([name, names('path')]).toEqual([name, [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])]);
      expect([name, names('query')]).toEqual([name, Object.keys(query?.properties ?? {})]);
      expect(operation?.requestBody !== undefined).toBe(body !== undefined);
      expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([
        typeof answer === 'string' ? answer : 'application/json',
      ]);
      expect(operation?.security).toEqual(role === 'anybody' ? [] : [{ bearer: [] }, { cookie: [] }]);
      expect(document.tags.map((each) => each.name)).toContain(tag);
    }
  });

  it('names the schemas, and refers to them by their names', () => {
    const names = Object.entries(schemas).flatMap(([name, value]) => (typeof value === 'object' ? [name] : []));
    expect(Object.keys(document.components.schemas)).toEqual(names);
    const references = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    for (const reference of references)
      expect(names.map((name) => `#/components/schemas/${name}`)).toContain(reference);
    for (const name of ['Job', 'JobDetail', 'Task', 'Problem', 'Candidate', 'ErrorBody', 'Submission'])
      expect(references).toContain(`#/components/schemas/${name}`);
    expect(document.paths['/jobs']?.['get']?.responses['200']?.content['application/json']?.schema).toEqual({
      type: 'object',
      required: ['items', 'next'],
      properties: {
        items: { type: 'array', items: { $ref: '#/components/schemas/Job' } },
        next: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
    });
  });

  it('is made of valid JSON Schema', () => {
    const all: [string, unknown][] = [
      ...Object.entries(document.components.schemas),
      ...operations.flatMap(({ operation }): [string, unknown][] => [
        ...operation.parameters.map(({ name, schema }): [string, unknown] => [
          `${operation.operationId} ${name}`,
          schema,
        ]),
        ...[operation.requestBody, ...Object.values(operation.responses)]
          .flatMap((part) => Object.values(part?.content ?? {}))
          .filter(({ schema }) => schema !== undefined)
          .map(({ schema }): [string, unknown] => [operation.operationId, schema]),
      ]),
    ];
    expect(all.flatMap(([where, schema]) => complaints(schema, where))).toEqual([]);
  });

  it('says of every answer and parameter what it is', () => {
    for (const { operation } of operations) {
      expect(operation.tags.length).toBe(1);
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('');
      for (const parameter of operation.parameters) {
        expect(parameter.required).toBe(parameter.in === 'path');
        expect(parameter.schema).not.toHaveProperty('description');
      }
    }
  });
});
