// Where a call asks to run: from what a program wrote in `labels` and `schedulingStrategy` to the canonical form that travels.

import { type LabelRule, labelKeyProblem, labelValueProblem, MAX_LABELS } from '#shared/task/node-labels.ts';
import { MAX_NODE_ID_CHARS, type NodeChoice, type Place } from '#shared/task/place.ts';
import { show } from './show-value.ts';

const STRATEGIES = '"DEFAULT", "SPREAD" or { node: "7", soft: true }';
const CONDITIONS = 'a text, a list of texts, true, false or { not: … }';

/** The place of these options, `null` for anywhere. @throws TypeError or RangeError naming the option */
export function placeOf({
  labels,
  schedulingStrategy,
}: {
  labels?: unknown;
  schedulingStrategy?: unknown;
}): Place | null {
  const rules = labelRules(labels);
  const strategy = strategyOf(schedulingStrategy);
  return rules.length > 0 || strategy.spread || strategy.node ? { labels: rules, ...strategy } : null;
}

function strategyOf(value: unknown): { spread: boolean; node?: NodeChoice } {
  if (value === undefined || value === 'DEFAULT') return { spread: false };
  if (value === 'SPREAD') return { spread: true };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`schedulingStrategy must be ${STRATEGIES}, not ${show(value)}`);
  const { node, soft = false, ...rest } = value as { node?: unknown; soft?: unknown };
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new TypeError(`schedulingStrategy has no "${unknown}": write ${STRATEGIES}`);
  if (typeof node !== 'string' || node === '' || node.length > MAX_NODE_ID_CHARS)
    throw new TypeError(`schedulingStrategy.node must be the id of a node, as text, not ${show(node)}`);
  if (typeof soft !== 'boolean')
    throw new TypeError(`schedulingStrategy.soft must be true or false, not ${show(soft)}`);
  return { spread: false, node: { id: node, soft } };
}

function labelRules(value: unknown): LabelRule[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`labels must be an object such as { zone: 'a' }, not ${show(value)}`);
  const entries = Object.entries(value).filter(([, condition]) => condition !== undefined);
  if (entries.length > MAX_LABELS)
    throw new RangeError(`labels may name at most ${MAX_LABELS} keys, not ${entries.length}`);
  return entries.map(([key, condition]) => ruleOf(key, condition)).sort((a, b) => (a.key < b.key ? -1 : 1));
}

function ruleOf(key: string, condition: unknown): LabelRule {
  const problem = labelKeyProblem(key);
  if (problem !== undefined) throw new RangeError(`labels: ${problem}, not ${show(key)}`);
  if (typeof condition === 'boolean') return { key, op: condition ? 'exists' : 'absent', values: [] };
  if (typeof condition === 'string' || Array.isArray(condition))
    return { key, op: 'in', values: valuesOf(key, condition) };
  if (typeof condition === 'object' && condition !== null && 'not' in condition && Object.keys(condition).length === 1)
    return { key, op: 'notIn', values: valuesOf(key, condition.not) };
  throw new TypeError(`labels.${key} must be ${CONDITIONS}, not ${show(condition)}`);
}

/** In order and each once, so that equal conditions are equal. */
function valuesOf(key: string, given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > MAX_LABELS)
    throw new RangeError(`labels.${key} must name 1 to ${MAX_LABELS} values, not ${list.length}`);
  const values = list.map((value) => {
    if (typeof value !== 'string') throw new TypeError(`labels.${key} must be ${CONDITIONS}, not ${show(value)}`);
    const problem = labelValueProblem(value);
    if (problem !== undefined) throw new RangeError(`labels.${key}: ${problem}, not ${show(value)}`);
    return value;
  });
  return [...new Set(values)].sort();
}
