/**
 * What each frame of an admitted session does.
 */
import { DaylightError } from '#shared/errors/daylight-error.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { WireError } from '#shared/wire/wire-error.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import type { Gateway, Peer } from './gateway.ts';
import { answerQuestion } from './questions.ts';
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
    case 'load': {
      const { type: _, ...load } = frame;
      session.load = load;
      return;
    }
    case 'ping':
      return;
    case 'fetch':
      gateway.relay.fetch(session.id, frame);
      return;
    case 'chunk':
      gateway.relay.chunk(session.id, frame);
      return;
    case 'request':
      answer(gateway, peer, frame);
      return;
    case 'report':
      plane.step((gcs) => gcs.sessions.report(session, frame));
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
      gateway.strike(link, 'unexpected', `a ${frame.type} frame is not for the server`);
  }
}

function applyRecords(
  gateway: Gateway,
  { session }: Peer,
  link: SessionLink,
  { first, batch }: SessionFrameOf<'records'>,
): void {
  const { plane } = gateway;
  const before = session.received;
  try {
    plane.step((gcs) => gcs.applyRecords(session, first, batch));
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
  plane.counters.recordsApplied += session.received - before;
}

function answer(gateway: Gateway, { session }: Peer, { id, method, body }: SessionFrameOf<'request'>): void {
  try {
    gateway.send(session.id, {
      type: 'response',
      id,
      ok: true,
      body: answerQuestion(gateway.plane.gcs.state, session, method, body),
    });
  } catch (error) {
    if (error instanceof WireError) gateway.count('malformed');
    const shown =
      error instanceof DaylightError
        ? error
        : new DaylightError(error instanceof Error ? error.message : String(error));
    gateway.send(session.id, { type: 'response', id, ok: false, body: encodeError(shown) });
  }
}

function passLog(gateway: Gateway, { session }: Peer, { task, level, text }: SessionFrameOf<'log'>): void {
  const { plane } = gateway;
  const job = plane.gcs.state.jobs.get(plane.jobOfTask(task)) ?? session.job;
  if (!job) return;
  const node = session.nodeName;
  plane.logs.append(job.id, { wallMs: Date.now(), task, node, level, text });
  // The driver printed its own lines itself.
  if (job.session !== session.id) gateway.sendBulk(job.session, { type: 'jobLog', task, node, level, text });
}

/** A driver reports on its job as a whole; what a task reports is a line in the job's log. */
function passProgress(gateway: Gateway, peer: Peer, { task, fraction, note }: SessionFrameOf<'progress'>): void {
  if (!(fraction >= 0 && fraction <= 1)) return;
  if (task !== 0) {
    passLog(gateway, peer, { type: 'log', task, level: 0, text: `${Math.round(fraction * 100)} % ${note}` });
    return;
  }
  const { job } = peer.session;
  if (!job) return;
  job.progress = fraction;
  job.note = note;
  gateway.plane.step((gcs) => gcs.state.dirty.jobs.add(job.id));
}
