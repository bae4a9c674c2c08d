/**
 * Whether a node could ever run a task, and in words why not: whose it is, its labels, the node that was asked for, what it has
 * (rules S1, S4). How busy it is is another matter; see `node-view.ts`.
 */
import { describeRule, meetsRule, type LabelRule, type NodeLabels } from '#shared/task/node-labels.ts';
import type { NodeChoice, Place } from '#shared/task/place.ts';
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { offersWork } from '../gcs/node-offer.ts';
import { shownNodeId } from '../gcs/shown-node-id.ts';

/** What a node must have to be given a task. */
export interface Requirement {
  readonly demand: ResourceDemand;
  /** Whether nodes of strangers will do (rule S1). */
  readonly trustsStrangers: boolean;
  readonly isActor: boolean;
  /** Where it asks to run; `undefined` for anywhere. */
  readonly place: Place | undefined;
}

/** True if this is the node that was asked for: by the number of its session, or by its lasting id. */
export function isChosen(session: SessionRecord, { id }: NodeChoice): boolean {
  return String(session.id) === id || shownNodeId(session) === id;
}

/** True if the node could run it if it had nothing else to do. */
export function couldRun(session: SessionRecord, requirement: Requirement): boolean {
  const { demand, trustsStrangers, place } = requirement;
  return (
    (session.trusted || trustsStrangers) &&
    (place === undefined || isPlace(session, place)) &&
    session.resources.couldEverFit(demand)
  );
}

function isPlace(session: SessionRecord, { labels, node }: Place): boolean {
  if (node && !node.soft && !isChosen(session, node)) return false;
  return labels.every((rule) => meets(session, rule));
}

/** As long as a node has not told its labels, no rule is met. */
function meets({ labels }: SessionRecord, rule: LabelRule): boolean {
  return labels !== undefined && meetsRule(labels, rule);
}

/** Why this node could never run it as it is, in words; `undefined` if it could. */
export function misfit(
  session: SessionRecord,
  { demand, trustsStrangers, isActor, place }: Requirement,
): string | undefined {
  if (place?.node && !place.node.soft && !isChosen(session, place.node)) return 'another node was asked for';
  const unmet = place?.labels.find((rule) => !meets(session, rule));
  if (unmet) return labelMisfit(session.labels, unmet);
  if (!offersWork(session)) return 'it offers nothing for now';
  if (!session.resources.couldEverFit(demand)) return 'it has too little of what is asked for';
  if (session.trusted || trustsStrangers) return undefined;
  return isActor ? "it is a stranger's, and actors do not run there" : "it is a stranger's, and this job trusts none";
}

function labelMisfit(labels: NodeLabels | undefined, rule: LabelRule): string {
  if (!labels) return 'it has not said which labels it has';
  const value = labels.get(rule.key);
  if (value === undefined) return `it has no label ${rule.key}`;
  return rule.op === 'absent' ? `it has a label ${rule.key}` : `its label ${rule.key} is ${value}`;
}

/** Why none of these nodes could ever run it, in words (rule S4); `undefined` if one could. */
export function whyNone(sessions: Iterable<SessionRecord>, requirement: Requirement): string | undefined {
  const all = [...sessions];
  if (all.some((session) => offersWork(session) && couldRun(session, requirement))) return undefined;
  const { node: choice, labels = [] } = requirement.place ?? {};
  const only = choice?.soft === false ? choice : undefined;
  const asked = only ? all.filter((session) => isChosen(session, only)) : all;
  const nodes = asked.filter(offersWork);
  if (only && nodes.length === 0)
    return asked.length === 0 ? `node ${only.id} is not here` : `node ${only.id} offers nothing for now`;
  return (
    whyNoLabels(nodes, labels, only) ??
    whyNoMeans(
      nodes.filter((session) => labels.every((rule) => meets(session, rule))),
      requirement,
    )
  );
}

function whyNoLabels(
  nodes: readonly SessionRecord[],
  rules: readonly LabelRule[],
  only: NodeChoice | undefined,
): string | undefined {
  const unmet = rules.find((rule) => !nodes.some((session) => meets(session, rule)));
  if (unmet) return only ? `node ${only.id} does not meet: ${describeRule(unmet)}` : noneMeets(unmet);
  if (nodes.length === 0 || nodes.some((session) => rules.every((rule) => meets(session, rule)))) return undefined;
  return `no node meets all of: ${rules.map(describeRule).join(', ')}`;
}

function noneMeets(rule: LabelRule): string {
  const { key, op, values } = rule;
  if (op === 'absent') return `every node has a label ${key}`;
  return op === 'notIn' ? `every node has label ${key}=${values.join(' or ')}` : `no node has ${describeRule(rule)}`;
}

/** Of nodes that are the right ones otherwise. */
function whyNoMeans(nodes: readonly SessionRecord[], { demand, isActor, place }: Requirement): string {
  if (!nodes.some(({ resources }) => resources.couldEverFit(demand))) {
    if (place?.node?.soft === false) return `node ${place.node.id} has too little of what it asks for`;
    return (place?.labels.length ?? 0) > 0
      ? 'no node with these labels has the resources it asks for'
      : 'no node has the resources it asks for';
  }
  return isActor
    ? "only strangers' nodes are here and actors do not run on them"
    : "only strangers' nodes are here and this job trusts none of them";
}
