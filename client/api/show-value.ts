// How a value that somebody passed appears in the sentence that refuses it.

/** A value as it may appear in a sentence: short, and never calling code of the value. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? 'a long string' : JSON.stringify(value);
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return `${value}`;
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return 'a symbol';
    default:
      return 'an object';
  }
}
