/**
 * Questions that nodes ask the control plane (`request` frames): these change nothing.
 */
import { AuthenticationError, DaylightError, ProtocolError } from '#shared/errors/daylight-error.ts';
import { requests } from '#shared/protocol/requests.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { Codec, Infer } from '#shared/wire/schema.ts';
import { actorName } from '../gcs/actor-manager.ts';
import type { ActorRecord, SessionRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';

type Identity = Infer<typeof requests.actorIdentity.answer>;

/** What the node of a stranger may ask, and that only of what it was given. */
const FOR_STRANGERS: ReadonlySet<string> = new Set(['module', 'jobInfo']);

const NOBODY: Identity = { actor: 0, className: '', methods: [] };

/**
 * The encoded answer; undefined if what is asked for may still become known, because nodes come back after a start of the server
 * and have more to say (rule M3).
 *
 * @throws WireError for a malformed body, DaylightError for a question without an answer.
 */
export function answerQuestion(
  state: GcsState,
  session: SessionRecord,
  method: string,
  body: Uint8Array,
): Uint8Array | undefined {
  const { book } = session;
  if (book && !FOR_STRANGERS.has(method))
    throw new AuthenticationError('a node that joined without the key may not ask this');
  switch (method) {
    case 'module': {
      const { module: hash } = readQuestion(requests.module.body, body);
      const module = book?.hadModule(hash) === false ? undefined : state.modules.get(hash);
      if (!module && state.grace) return undefined;
      if (!module) throw new DaylightError(`no module ${hash} is known: its driver has not sent it`);
      return write(requests.module.answer, { code: module.code, sourceMap: module.sourceMap });
    }
    case 'getActor': {
      const { name, namespace } = readQuestion(requests.getActor.body, body);
      const found = findActor(state, session, name, namespace);
      return !found && state.grace ? undefined : write(requests.getActor.answer, identityOf(found));
    }
    case 'actorIdentity': {
      const { actor } = readQuestion(requests.actorIdentity.body, body);
      const found = state.actors.get(state.resolve(actor));
      return !found && state.grace ? undefined : write(requests.actorIdentity.answer, identityOf(found));
    }
    case 'jobInfo': {
      const { job: id } = readQuestion(requests.jobInfo.body, body);
      const job = book?.hadJob(id) === false ? undefined : state.jobs.get(id);
      if (!job) throw new DaylightError(`no job ${id} is known`);
      const { name, submitter, purpose } = job;
      return write(requests.jobInfo.answer, { name, submitter, purpose });
    }
    case 'cluster':
      return write(requests.cluster.answer, { json: JSON.stringify(clusterSummary(state)) });
    default:
      throw new ProtocolError(`there is no question "${method.slice(0, 64)}"`);
  }
}

/** Nodes that are there and what they have. */
export function clusterSummary(state: GcsState): { nodes: object[] } {
  const nodes = [];
  for (const session of state.sessions.values()) {
    if (session.state === 'dead') continue;
    nodes.push({
      session: session.id,
      name: session.nodeName,
      role: session.role,
      state: session.state,
      trusted: session.trusted,
      cpus: session.resources.totalCpuMilli / 1000,
      resources: Object.fromEntries(
        [...session.resources.custom()].map(({ name, totalMilli }) => [name, totalMilli / 1000]),
      ),
    });
  }
  return { nodes };
}

/** A name without a namespace belongs to a job: that of the driver, or one whose tasks the asking node runs. */
function findActor(state: GcsState, session: SessionRecord, name: string, namespace: string): ActorRecord | undefined {
  const jobs = new Set(session.job ? [session.job.id] : []);
  for (const task of session.assigned) jobs.add(task.job.id);
  for (const actor of namespace === '' ? state.actors.values() : [])
    if (actor.session === session.id) jobs.add(actor.creation.job.id);
  if (namespace !== '') jobs.add(0);
  for (const job of jobs) {
    const actor = state.actorNames.get(actorName(job, namespace, name));
    if (actor) return actor;
  }
  return undefined;
}

function identityOf(actor: ActorRecord | undefined): Identity {
  const described = actor?.creation.options.options.actor;
  if (!actor || !described) return NOBODY;
  return { actor: actor.key, className: described.className, methods: [...described.methods] };
}

/** The body of a question. @throws WireError */
export function readQuestion<T>(codec: Codec<T>, body: Uint8Array): T {
  const reader = new ByteReader(body);
  const value = codec.read(reader);
  reader.expectEnd();
  return value;
}

function write<T>(codec: Codec<T>, answer: T): Uint8Array {
  const writer = new ByteWriter();
  codec.write(writer, answer);
  return writer.finish();
}
