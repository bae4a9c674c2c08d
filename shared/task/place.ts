/**
 * Where a task or an actor asks to run, beside what it needs there: by labels of the node, on a node of its choice, or spread over
 * all that fit. Who asks for a place is placed by the global scheduler: no node knows of the others (rule S1).
 */
import { type LabelRule, labelKeyProblem, labelValueProblem, MAX_LABELS, describeRule } from './node-labels.ts';

/** A node that is asked for. */
export interface NodeChoice {
  /** Number of its session, or the lasting id of the node. */
  readonly id: string;
  /** Another will do if this one is gone or could never run it. */
  readonly soft: boolean;
}

/** See above. In its canonical form: equal wishes give equal JSON. */
export interface Place {
  /** By key, each once; all hold. */
  readonly labels: readonly LabelRule[];
  /** The nodes that fit take turns. */
  readonly spread: boolean;
  readonly node?: NodeChoice;
}

/** How long the id of a node may be. */
export const MAX_NODE_ID_CHARS = 64;
/** How many values a rule may name. */
const MAX_VALUES = MAX_LABELS;

/** A stable text for a place; equal ones give equal text. */
export function placeKey(place: Place): string {
  return JSON.stringify(placeToJson(place));
}

/** As it travels. */
export function placeToJson({ labels, spread, node }: Place): object {
  return {
    ...(labels.length === 0 ? {} : { labels: labels.map(({ key, op, values }) => [key, op, ...values]) }),
    ...(spread ? { spread: true } : {}),
    ...(node ? { node: node.id, ...(node.soft ? { soft: true } : {}) } : {}),
  };
}

/** Reads a place that came from another machine; `undefined` for none. @throws TypeError naming what is wrong */
export function placeFromJson(raw: unknown): Place | undefined {
  if (raw === undefined) return undefined;
  if (typeof raw !== 'object' || raw === null) throw new TypeError('options: place is not an object');
  const fields = new Map<string, unknown>(Object.entries(raw));
  const id = fields.get('node');
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > MAX_NODE_ID_CHARS))
    throw new TypeError('options: node is not an id');
  return {
    labels: rules(fields.get('labels')),
    spread: fields.get('spread') === true,
    ...(id === undefined ? {} : { node: { id, soft: fields.get('soft') === true } }),
  };
}

/** In words, for people: `label zone=a`, `node 7`, `spread`. */
export function describePlace({ labels, spread, node }: Place): string {
  return [
    ...labels.map(describeRule),
    ...(node ? [`${node.soft ? 'preferably ' : ''}node ${node.id}`] : []),
    ...(spread ? ['spread'] : []),
  ].join(', ');
}

const OPS: ReadonlySet<string> = new Set<LabelRule['op']>(['in', 'notIn', 'exists', 'absent']);

function isOp(text: string): text is LabelRule['op'] {
  return OPS.has(text);
}

function rules(raw: unknown): LabelRule[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length > MAX_LABELS)
    throw new TypeError(`options: labels are not a list of at most ${MAX_LABELS}`);
  const read = raw.map(rule);
  if (new Set(read.map(({ key }) => key)).size !== read.length)
    throw new TypeError('options: a label is asked for twice');
  return read;
}

function rule(raw: unknown): LabelRule {
  const isList = Array.isArray(raw) && raw.every((item): item is string => typeof item === 'string');
  if (!isList) throw new TypeError('options: a label is not a list of texts');
  const [key = '', op = '', ...values] = raw;
  const problem = labelKeyProblem(key) ?? values.map(labelValueProblem).find((each) => each !== undefined);
  if (problem !== undefined) throw new TypeError(`options: ${problem}`);
  const takesValues = op === 'in' || op === 'notIn';
  if (!isOp(op) || takesValues !== values.length > 0 || values.length > MAX_VALUES)
    throw new TypeError(`options: what is asked of label ${key} is no rule`);
  return { key, op, values };
}
