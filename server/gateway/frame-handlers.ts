/**
 * What each frame of an admitted session does.
 */
import { DaylightError } from '#shared/errors/daylight-error.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { requests } from '#shared/protocol/requests.ts';
import { labelKeyProblem, labelValueProblem } from '#shared/task/node-labels.ts';
import { type JsonValue, parseSafeJson } from '#shared/wire/safe-json.ts';
import { WireError } from '#shared/wire/wire-error.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { mayName } from '../trust/may-apply.ts';
import { MAX_CPU_MILLI } from './admission.ts';
import type { JobRecord, SessionRecord } from '../gcs/entities.ts';
import { answerHistory } from '../gcs/histories.ts';
import type { Gateway } from './gateway.ts';
import type { Peer } from './peers.ts';
import { answerQuestion, readQuestion } from './questions.ts';
import type { SessionLink } from './session-link.ts';

/** Handles one frame. Never throws: what a node sends cannot end the server (rule T3). */
export function handleFrame(gateway: Gateway, peer: Peer, link: SessionLink, frame: SessionFrame): void {
  const { plane } = gateway;
  const { session, stream } = peer;
  switch (frame.type) {
    case 'records':
      applyRecords(gateway, peer, link, frame);
      return;
    case 'ack':
      stream.acknowledge(frame.received);
      return;
    case 'ping':
    // Said once more: it was challenged once.
    case 'answer':
      return;
    case 'request':
      answer(gateway, peer, frame);
      return;
    case 'report':
      // Each of its words costs a look into the books: a stranger says it when it is asked only.
      if (session.book && session.reportedUpTo !== Infinity) {
        gateway.strike(link, 'unexpected', 'nobody asked for a report');
        link.close();
        return;
      }
      // Said once more over another connection it is older than what was given since.
      if (session.reportedUpTo !== Infinity) return;
      believe(gateway, peer, link, () => plane.step((gcs) => gcs.sessions.report(session, frame)));
      return;
    case 'log':
      passLog(gateway, peer, frame);
      return;
    case 'progress':
      passProgress(gateway, peer, frame);
      return;
    case 'bye':
      plane.step((gcs) => {
        if (session.job) gcs.jobs.stop(session.job, 'its driver left');
        gcs.sessions.end(session, frame.reason);
      });
      return;
    default:
      if (!handleTransfer(gateway, peer, link, frame)) handleState(gateway, peer, link, frame);
  }
}

/** Object bytes and who has them. Returns false for a frame of another kind. */
function handleTransfer(gateway: Gateway, peer: Peer, link: SessionLink, frame: SessionFrame): boolean {
  const { session } = peer;
  const { objects, state } = gateway.plane.gcs;
  switch (frame.type) {
    case 'fetch':
    case 'fetchFrom':
    case 'describe':
    case 'locate':
      askForObject(gateway, peer, link, frame);
      return true;
    case 'chunk':
      gateway.relay.chunk(session.id, frame);
      return true;
    case 'piece':
    case 'manifest':
      gateway.relay.answer(session.id, frame);
      return true;
    case 'pullOver':
      objects.transfers.over(state.resolve(frame.object), session.id);
      return true;
    default:
      return false;
  }
}

/** Frames of which only the newest counts. */
function handleState(gateway: Gateway, { session }: Peer, link: SessionLink, frame: SessionFrame): void {
  switch (frame.type) {
    case 'load': {
      const { type: _, ...load } = frame;
      // Estimates are compared with those of other nodes.
      if (load.queuedUs >= 0 && load.queuedUs < Infinity) gateway.plane.gcs.sessions.setLoad(session, load);
      else gateway.strike(link, 'malformed', 'the work that waits is a number of microseconds');
      return;
    }
    case 'capacity':
      if (frame.cpuMilli > MAX_CPU_MILLI) {
        gateway.strike(link, 'malformed', 'a node has at most 4096 CPUs');
        return;
      }
      gateway.plane.step((gcs) => {
        gcs.sessions.setCapacity(session, frame);
        gcs.settle();
      });
      return;
    case 'labels':
      if (frame.labels.some(({ key, value }) => labelKeyProblem(key) ?? labelValueProblem(value))) {
        gateway.strike(link, 'malformed', 'a label is a word of letters, digits and a few signs');
        return;
      }
      gateway.plane.step((gcs) => {
        gcs.sessions.setLabels(session, frame.labels);
        gcs.settle();
      });
      return;
    case 'facts': {
      const facts = factsOf(frame.json);
      if (facts === undefined) gateway.strike(link, 'malformed', 'facts are one JSON object');
      else session.facts = facts;
      return;
    }
    default:
      gateway.strike(link, 'unexpected', `a ${frame.type} frame is not for the server`);
  }
}

function factsOf(json: string): JsonValue | undefined {
  try {
    const facts = parseSafeJson(json);
    return typeof facts === 'object' && facts !== null && !Array.isArray(facts) ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** A stranger's node gets the bytes of what it was given only: ids are names, not permissions. */
function askForObject(
  gateway: Gateway,
  { session }: Peer,
  link: SessionLink,
  frame: SessionFrameOf<'fetch' | 'fetchFrom' | 'describe' | 'locate'>,
): void {
  const { state } = gateway.plane.gcs;
  if (mayName(session, frame.object, state)) {
    if (frame.type === 'locate') gateway.relay.locate(session, frame);
    else gateway.relay.ask(session.id, frame);
    return;
  }
  const { object } = frame;
  gateway.relay.turnAway(session.id, frame);
  if (session.book?.isComplete && state.object(object))
    gateway.strike(link, 'bad-record', 'a node of a stranger asked for an object that it was not given');
}

const NO_BYTES = new Uint8Array(0);

function applyRecords(gateway: Gateway, peer: Peer, link: SessionLink, frame: SessionFrameOf<'records'>): void {
  const { plane } = gateway;
  const { session } = peer;
  const before = session.received;
  believe(gateway, peer, link, () => plane.step((gcs) => gcs.applyRecords(session, frame.first, frame.batch)));
  plane.counters.recordsApplied += session.received - before;
}

/** Does what a node says, unless no node may say it. */
function believe(gateway: Gateway, { session }: Peer, link: SessionLink, apply: () => void): void {
  const { plane } = gateway;
  try {
    apply();
  } catch (error) {
    if (error instanceof RangeError) {
      // Something was lost between us: a new connection sends it again.
      gateway.count('gap');
      link.close();
    } else {
      // The rest of the frame was not applied, so the stream has to be taken up again behind the bad record.
      const message = error instanceof Error ? error.message : String(error);
      plane.step((gcs) =>
        gcs.state.ports.event({
          severity: 'warning',
          kind: 'bad-record',
          message: `${session.nodeName}: ${message}`,
          job: 0,
          session: session.id,
        }),
      );
      gateway.strike(link, 'bad-record', message);
      link.close();
    }
  }
}

/** Answers a question, perhaps later: then it is asked again with every tick. */
export function answer(gateway: Gateway, peer: Peer, question: SessionFrameOf<'request'>): void {
  const { session } = peer;
  const { id, method, body } = question;
  if (method === 'publish') {
    void publish(gateway, session, question);
    return;
  }
  if (method === 'history') {
    tellHistory(gateway, peer, question);
    return;
  }
  try {
    const found = answerQuestion(gateway.plane.gcs.state, session, method, body);
    if (found) gateway.send(session.id, { type: 'response', id, ok: true, body: found });
    else gateway.answerLater(peer, question);
  } catch (error) {
    refuse(gateway, session, id, error);
  }
}

/** A run of a durable `main` begins by what is durable, its own lease too (rule J1). */
function tellHistory(gateway: Gateway, peer: Peer, question: SessionFrameOf<'request'>): void {
  const { session } = peer;
  const { id, body } = question;
  const { commits, gcs } = gateway.plane;
  commits.whenDurable(() => {
    try {
      if (!session.trusted) throw new DaylightError('a stranger runs no main');
      const answer = answerHistory(gcs.state, session, readQuestion(requests.history.body, body));
      const writer = new ByteWriter();
      requests.history.answer.write(writer, answer);
      gateway.send(session.id, { type: 'response', id, ok: true, body: writer.finish() });
    } catch (error) {
      // Whose run is the present one is known when all have told what they run (rule M3).
      if (gcs.inGrace) gateway.answerLater(peer, question);
      else refuse(gateway, session, id, error);
    }
  });
}

function refuse(gateway: Gateway, session: SessionRecord, id: number, error: unknown): void {
  if (error instanceof WireError) gateway.count('malformed');
  const shown =
    error instanceof DaylightError ? error : new DaylightError(error instanceof Error ? error.message : String(error));
  gateway.send(session.id, { type: 'response', id, ok: false, body: encodeError(shown) });
}

/** The one question that leaves something behind: a file on the page of the asking task's job. */
async function publish(gateway: Gateway, session: SessionRecord, question: SessionFrameOf<'request'>): Promise<void> {
  const { plane } = gateway;
  const { id } = question;
  try {
    const { task, ...file } = readQuestion(requests.publish.body, question.body);
    // It is shown in the browser of whoever looks at the job, and nobody has checked it (rule T4).
    if (!session.trusted) throw new DaylightError('files are published by tasks on trusted nodes only');
    const job =
      plane.gcs.state.jobs.get(plane.jobOfTask(task)) ?? (task === 0 ? jobOfDriver(gateway, session) : undefined);
    if (!job) throw new DaylightError('the job of this task is over');
    await plane.publish(job.id, file);
    gateway.send(session.id, { type: 'response', id, ok: true, body: NO_BYTES });
  } catch (error) {
    refuse(gateway, session, id, error);
  }
}

function passLog(gateway: Gateway, peer: Peer, line: SessionFrameOf<'log'>): void {
  const { plane } = gateway;
  const { session } = peer;
  const job = plane.gcs.state.jobs.get(plane.jobOfTask(line.task)) ?? jobOfDriver(gateway, session);
  plane.gcs.state.histories.of(line.task)?.printed();
  if (job && session.book?.hadJob(job.id) !== false) gateway.printed.take(peer, job, line);
}

/** The job of a driver's session, unless it was deleted: nothing is kept of that. */
function jobOfDriver({ plane }: Gateway, { job }: SessionRecord): JobRecord | undefined {
  return job && plane.gcs.state.jobs.get(job.id);
}

/** A driver reports on its job as a whole; what a task reports is a line in the job's log. */
function passProgress(gateway: Gateway, peer: Peer, { task, fraction, note }: SessionFrameOf<'progress'>): void {
  if (!(fraction >= 0 && fraction <= 1)) return;
  const main = gateway.plane.gcs.state.task(task);
  const isMain = main?.fn.name === MAIN_FUNCTION;
  if (task !== 0 && !isMain) {
    passLog(gateway, peer, { type: 'log', task, level: 0, text: `${Math.round(fraction * 100)} % ${note}` });
    return;
  }
  const job = isMain ? main.job : jobOfDriver(gateway, peer.session);
  // What a stranger says of a job that is not its own does not count: its main never runs there.
  if (!job || !peer.session.trusted) return;
  job.progress = fraction;
  job.note = note;
  gateway.plane.step((gcs) => gcs.state.dirty.jobs.add(job.id));
}
