/**
 * Whether an argument fits the form that its job module exports as `args`, in sentences for the person who wrote it. A form that
 * cannot be used refuses nothing: it is for people first, and the job's `main` has the last word.
 */
import { Errors, type XSchema } from 'typebox/schema';

type Schema = Readonly<Record<string, unknown>>;
/** What is wrong, as typebox tells it. */
type Complaint = ReturnType<typeof Errors>[1][number];

/** Problems that are told at most. */
const MAX_TOLD = 10;
const MAX_VALUE_CHARS = 40;
const WHOLE = 'the argument';
const TYPES: Readonly<Record<string, string>> = {
  integer: 'an integer',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/**
 * What is wrong with an argument, one sentence for each part of it such as `upTo must be an integer of at least 1000`; nothing if it
 * fits, or if there is no form.
 * @param schema JSON Schema of the argument
 * @param args what JSON can hold; undefined counts as an object without properties, from which `main` takes its defaults
 */
export function problemsOfArgs(schema: Schema | null, args: unknown): string[] {
  if (schema === null) return [];
  const problems = new Map<string, string>();
  for (const complaint of complaintsOf(schema, args === undefined ? {} : args))
    for (const [place, problem] of sentencesOf(schema, complaint))
      if (!problems.has(place)) problems.set(place, problem);
  return [...problems.values()].slice(0, MAX_TOLD);
}

function complaintsOf(schema: Schema, args: unknown): readonly Complaint[] {
  try {
    // Whatever the form says, it is data: typebox reads it and makes no code of it.
    const [fits, complaints] = Errors(schema as XSchema, args);
    return fits ? [] : complaints;
  } catch {
    // It refers to itself without end, or a pattern of it is none.
    return [];
  }
}

/** By the place that they are about: of several about the same one the first is enough. */
function* sentencesOf(schema: Schema, complaint: Complaint): Generator<readonly [place: string, sentence: string]> {
  const { keyword, schemaPath, instancePath, params, message } = complaint;
  const at = stepsOf(instancePath);
  const part = partAt(schema, schemaPath);
  // That `additionalProperties` is false is said by the object, with the names that there are.
  if (keyword === 'boolean') return;
  if (keyword === 'required') {
    for (const name of params.requiredProperties) {
      const wanted = wordsFor(propertiesOf(part)[name]);
      const place = nameOf([...at, name]);
      yield [place, `${place} is missing${wanted === '' ? '' : `: it must be ${wanted}`}`];
    }
    return;
  }
  if (keyword === 'additionalProperties') {
    const known = Object.keys(propertiesOf(part));
    for (const name of params.additionalProperties) {
      const place = nameOf([...at, name]);
      yield [place, `${place} means nothing here${known.length === 0 ? '' : `: there are ${known.join(', ')}`}`];
    }
    return;
  }
  const wanted = wordsFor(part);
  yield [nameOf(at), `${nameOf(at)} ${wanted === '' ? message : `must be ${wanted}`}`];
}

/** What a value has to be; empty where the schema says it in a way that has no words here. */
function wordsFor(part: unknown): string {
  if (!isSchema(part)) return '';
  const { enum: values, const: only } = part;
  if (Array.isArray(values)) return values.length === 1 ? shown(values[0]) : `one of ${values.map(shown).join(', ')}`;
  if (only !== undefined) return shown(only);
  const types = [part['type']].flat().map((type) => TYPES[String(type)] ?? '');
  if (types.includes('')) return '';
  return [types.join(' or '), limitsOf(part).join(' and ')].join(' ').trimEnd();
}

function limitsOf(part: Schema): string[] {
  const limits = [
    limit(part['exclusiveMinimum'], 'above'),
    span(part['minimum'], part['maximum'], ''),
    limit(part['exclusiveMaximum'], 'below'),
    limit(part['multipleOf'], 'a multiple of'),
    span(part['minLength'], part['maxLength'], 'characters'),
    span(part['minItems'], part['maxItems'], 'items'),
    typeof part['pattern'] === 'string' ? `that matches ${part['pattern']}` : '',
    typeof part['format'] === 'string' ? `in the form "${part['format']}"` : '',
  ];
  return limits.filter((words) => words !== '');
}

function span(least: unknown, most: unknown, unit: string): string {
  const words = unit === '' ? '' : ` ${unit}`;
  if (typeof least === 'number' && typeof most === 'number')
    return `${unit === '' ? 'from' : 'of'} ${least} to ${most}${words}`;
  if (typeof least === 'number') return `of at least ${least}${words}`;
  return typeof most === 'number' ? `of at most ${most}${words}` : '';
}

function limit(value: unknown, word: string): string {
  return typeof value === 'number' ? `${word} ${value}` : '';
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

/** `list[0].k`. */
function nameOf(steps: readonly string[]): string {
  const name = steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  return name === '' ? WHOLE : name.replace(/^\./, '');
}

function partAt(schema: Schema, path: string): Schema {
  let part: unknown = schema;
  for (const step of stepsOf(path.replace(/^#/, '')))
    part = isSchema(part) || Array.isArray(part) ? Reflect.get(part, step) : {};
  return isSchema(part) ? part : {};
}

/** Of a JSON pointer. */
function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function propertiesOf(part: Schema): Schema {
  return isSchema(part['properties']) ? part['properties'] : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
