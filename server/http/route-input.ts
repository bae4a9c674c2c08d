/**
 * What a request says, checked against the schemas of its route: the query, whose numbers come as text, and the body.
 */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { ApiError } from './api-error.ts';

/** The query with its defaults. @throws ApiError naming what is wrong */
export function checkedQuery(schema: TSchema | undefined, given: Readonly<Record<string, unknown>>): unknown {
  const query: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw new ApiError(400, 'bad-query', `"${name}" is given more than once`);
    if (!schema) throw new ApiError(400, 'bad-query', `"${name}" means nothing here`);
    query[name] = isNumber(schema, name) && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  if (!schema) return {};
  const whole = Value.Default(schema, query);
  if (Value.Check(schema, whole)) return whole;
  throw new ApiError(400, 'bad-query', complaint(schema, whole, 'the query'));
}

/** The body. @throws ApiError naming what is wrong */
export function checkedBody(schema: TSchema | undefined, given: unknown): unknown {
  if (!schema) return undefined;
  // Where nothing has to be said, nothing may be sent.
  const body = given ?? {};
  if (Value.Check(schema, body)) return body;
  throw new ApiError(400, 'bad-body', complaint(schema, body, 'the body, JSON with "Content-Type: application/json",'));
}

/** The first thing that is wrong, in a sentence. */
function complaint(schema: TSchema, value: unknown, whole: string): string {
  const [unknownName] = unknownNames(schema, value);
  if (unknownName !== undefined)
    return `"${unknownName}" means nothing here: there are ${Object.keys(propertiesOf(schema)).join(', ')}`;
  const [error] = Value.Errors(schema, value);
  const name = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const what = error?.message ?? 'has another form';
  return `${name === '' ? whole : `"${name}"`} ${what}`;
}

function unknownNames(schema: TSchema, value: unknown): string[] {
  const properties = propertiesOf(schema);
  if (typeof value !== 'object' || value === null || Reflect.get(schema, 'additionalProperties') !== false) return [];
  return Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
}

function isNumber(schema: TSchema, name: string): boolean {
  const property: unknown = Reflect.get(propertiesOf(schema), name);
  const type: unknown = typeof property === 'object' && property !== null ? Reflect.get(property, 'type') : undefined;
  return type === 'integer' || type === 'number';
}

function propertiesOf(schema: TSchema): object {
  const properties: unknown = Reflect.get(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? properties : {};
}
