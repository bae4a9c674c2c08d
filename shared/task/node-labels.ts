/**
 * Labels: words that a node's owner hangs on it (`zone=a`), and what a task may ask of them. A task names keys and says of each
 * what its value may be; a node does if it meets all that is said.
 */

/** What a node has, by key. */
export type NodeLabels = ReadonlyMap<string, string>;

/** One label as it travels. */
export interface Label {
  readonly key: string;
  readonly value: string;
}

/** What is asked of one label. A node without it meets `notIn` and `absent`. */
export interface LabelRule {
  readonly key: string;
  readonly op: 'in' | 'notIn' | 'exists' | 'absent';
  /** In order; none for `exists` and `absent`. */
  readonly values: readonly string[];
}

/** Labels of one node, and rules of one task. */
export const MAX_LABELS = 64;
/** Characters of a key and of a value. */
export const MAX_LABEL_CHARS = 100;

/** Says whether it is a host, a tab or a driver. The cluster gives it; nobody can say otherwise. */
export const ROLE_LABEL = 'role';

const KEY = /^[A-Za-z0-9][A-Za-z0-9_./-]*$/;
const VALUE = /^[A-Za-z0-9_.:/+-]+$/;

/** What is wrong with a key, in words; `undefined` if nothing is. */
export function labelKeyProblem(key: string): string | undefined {
  if (key.length <= MAX_LABEL_CHARS && KEY.test(key)) return undefined;
  return `the key of a label has letters, digits and . _ - / (1 to ${MAX_LABEL_CHARS}), beginning with a letter or digit`;
}

/** What is wrong with a value, in words; `undefined` if nothing is. */
export function labelValueProblem(value: string): string | undefined {
  if (value.length <= MAX_LABEL_CHARS && VALUE.test(value)) return undefined;
  return `the value of a label has letters, digits and . _ - / : + (1 to ${MAX_LABEL_CHARS})`;
}

/** True if these labels meet the rule. */
export function meetsRule(labels: NodeLabels, { key, op, values }: LabelRule): boolean {
  const value = labels.get(key);
  switch (op) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notIn':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
  }
}

/** The rule in words: `label zone=a`, `label zone in (a, b)`, `label zone not b`, `a label gpu`, `no label gpu`. */
export function describeRule({ key, op, values }: LabelRule): string {
  const [first = ''] = values;
  switch (op) {
    case 'in':
      return values.length === 1 ? `label ${key}=${first}` : `label ${key} in (${values.join(', ')})`;
    case 'notIn':
      return values.length === 1 ? `label ${key} not ${first}` : `label ${key} not in (${values.join(', ')})`;
    case 'exists':
      return `a label ${key}`;
    case 'absent':
      return `no label ${key}`;
  }
}
