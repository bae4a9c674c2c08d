/**
 * A form made from a JSON Schema: which fields it has, what they begin with, and what the filled form means. Only what people
 * fill in by hand becomes a field; everything else is a field for JSON.
 */

/** What a form holds: text as typed, or whether a switch is on; by the key of the field. */
export type FormValues = Readonly<Record<string, string | boolean>>;

/** One field. */
export interface Field {
  /** Path of the value in the argument, joined by points. */
  readonly key: string;
  readonly path: readonly string[];
  readonly kind: 'number' | 'text' | 'choice' | 'switch' | 'json';
  readonly label: string;
  readonly hint: string;
  readonly isRequired: boolean;
  readonly isInteger: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** The bounds themselves are not allowed. */
  readonly above: number | undefined;
  readonly below: number | undefined;
  readonly step: number | undefined;
  /** Of a choice. */
  readonly options: readonly { readonly value: string; readonly label: string; readonly json: unknown }[];
  readonly initial: unknown;
}

/** A filled form: the argument, or what is wrong with which field. */
export interface FormReading {
  readonly args: unknown;
  readonly errors: Readonly<Record<string, string>>;
}

type Schema = Readonly<Record<string, unknown>>;
const MAX_DEPTH = 3;

/** The fields of a schema; undefined if it describes no object with named values, for which a form would be of no help. */
export function fieldsOf(schema: Schema | null): Field[] | undefined {
  if (schema === null || !isSchema(schema['properties'])) return undefined;
  return fieldsBelow(schema, [], 0);
}

function fieldsBelow(schema: Schema, path: readonly string[], depth: number): Field[] {
  const properties = schema['properties'] as Schema;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isSchema(property)) return [];
    const place = [...path, name];
    if (isSchema(property['properties']) && depth < MAX_DEPTH) return fieldsBelow(property, place, depth + 1);
    return [fieldOf(property, place, required.includes(name))];
  });
}

function fieldOf(schema: Schema, path: readonly string[], isRequired: boolean): Field {
  const options = optionsOf(schema);
  return {
    key: path.join('.'),
    path,
    kind: options.length > 0 ? 'choice' : kindOf(schema['type']),
    label: text(schema['title']) ?? wordsOfName(path),
    hint: text(schema['description']) ?? '',
    isRequired,
    isInteger: schema['type'] === 'integer',
    min: number(schema['minimum']),
    max: number(schema['maximum']),
    above: number(schema['exclusiveMinimum']),
    below: number(schema['exclusiveMaximum']),
    step: number(schema['multipleOf']),
    options,
    initial: schema['default'],
  };
}

function kindOf(type: unknown): Field['kind'] {
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'string') return 'text';
  return type === 'boolean' ? 'switch' : 'json';
}

/** From `enum`, or from `anyOf`/`oneOf` of constants, as schema libraries write it. */
function optionsOf(schema: Schema): Field['options'] {
  const alternatives = [schema['anyOf'], schema['oneOf']].find(Array.isArray) as unknown[] | undefined;
  const constants = alternatives?.every((each) => isSchema(each) && 'const' in each)
    ? (alternatives as Schema[]).map((each) => ({ json: each['const'], label: text(each['title']) }))
    : undefined;
  const listed = Array.isArray(schema['enum'])
    ? (schema['enum'] as unknown[]).map((json) => ({ json, label: undefined }))
    : [];
  return (constants ?? listed).map(({ json, label }) => {
    const value = typeof json === 'string' ? json : JSON.stringify(json);
    return { value, label: label ?? value, json };
  });
}

/** `learningRate` → `Learning rate`. */
function wordsOfName(path: readonly string[]): string {
  return path
    .map((name) =>
      name
        .replace(/[_-]+/g, ' ')
        .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
        .toLowerCase(),
    )
    .map((words, level) => (level === 0 ? `${words.charAt(0).toUpperCase()}${words.slice(1)}` : words))
    .join(' › ');
}

/** What a form begins with: values that were given before, or else the schema's. */
export function initialValues(fields: readonly Field[], args: unknown): FormValues {
  const values: Record<string, string | boolean> = {};
  for (const field of fields) {
    const given = valueAt(args, field.path);
    const value = given === undefined ? field.initial : given;
    values[field.key] = typed(field, value);
  }
  return values;
}

function typed({ kind }: Field, value: unknown): string | boolean {
  if (kind === 'switch') return value === true;
  if (value === undefined) return '';
  if (kind === 'json') return JSON.stringify(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** See {@link FormReading}. An empty field that is not required is left out of the argument. */
export function readForm(fields: readonly Field[], values: FormValues): FormReading {
  const errors: Record<string, string> = {};
  const args: Record<string, unknown> = {};
  for (const field of fields) {
    const { value, error } = readField(field, values[field.key] ?? '');
    if (error !== undefined) errors[field.key] = error;
    else if (value !== undefined) place(args, field.path, value);
  }
  return { args, errors };
}

function readField(field: Field, given: string | boolean): { value?: unknown; error?: string } {
  if (typeof given === 'boolean') return { value: given };
  const trimmed = given.trim();
  if (trimmed === '' && !(field.kind === 'text' && field.isRequired && field.initial === '')) {
    return field.isRequired ? { error: 'This is needed' } : {};
  }
  if (field.kind === 'number') return readNumber(field, trimmed);
  if (field.kind === 'choice') {
    const option = field.options.find(({ value }) => value === given);
    return option ? { value: option.json } : { error: 'Choose one of the list' };
  }
  if (field.kind === 'text') return { value: given };
  try {
    return { value: JSON.parse(trimmed) as unknown };
  } catch {
    return { error: 'This is no JSON: for example [1, 2] or {"a": 1}' };
  }
}

function readNumber(
  { isInteger, min, max, above, below, step }: Field,
  given: string,
): { value?: unknown; error?: string } {
  const value = Number(given);
  if (!Number.isFinite(value)) return { error: 'This is no number' };
  if (isInteger && !Number.isInteger(value)) return { error: 'A whole number is needed' };
  if (min !== undefined && value < min) return { error: `At least ${min}` };
  if (max !== undefined && value > max) return { error: `At most ${max}` };
  if (above !== undefined && value <= above) return { error: `More than ${above}` };
  if (below !== undefined && value >= below) return { error: `Less than ${below}` };
  if (step !== undefined && Math.abs(value / step - Math.round(value / step)) > 1e-9)
    return { error: `A multiple of ${step}` };
  return { value };
}

function place(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const below = isSchema(target[name]) ? (target[name] as Record<string, unknown>) : {};
  target[name] = below;
  place(below, rest, value);
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const name of path) {
    if (!isSchema(value)) return undefined;
    value = value[name];
  }
  return value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
