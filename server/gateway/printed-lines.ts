/**
 * What nodes print on its way into the logs of jobs and to their drivers (rule J2): within the budget of each session, and with a
 * note for people where something was left out.
 */
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { JobRecord, SessionRecord } from '../gcs/entities.ts';
import { charsOf, type NewLogLine } from '../jobs/log-ring.ts';
import type { ServerClock } from '../server-clock.ts';
import type { LogBudget } from './log-budget.ts';

/** `LOG_LEVEL.warn` of the nodes. */
const WARNING = 2;

/** A timer may be a little early. */
const TIMER_SLACK_MS = 2;

/** Who printed it. */
interface Printer {
  readonly session: Pick<SessionRecord, 'id' | 'nodeName' | 'trusted'>;
  readonly logBudget: LogBudget;
}

type PrintedLine = Pick<NewLogLine, 'task' | 'level' | 'text'>;
type LoggedJob = Pick<JobRecord, 'id' | 'session'>;

/** What it needs of its surroundings. */
export interface PrintedLinesPorts {
  readonly clock: Pick<ServerClock, 'nowMs' | 'wallMs' | 'after'>;
  /** Those that were not deleted. */
  readonly jobs: ReadonlyMap<number, LoggedJob>;
  keep(job: number, line: NewLogLine): void;
  /** To a driver; may be lost. */
  send(session: number, frame: SessionFrameOf<'jobLog'>): void;
}

/** See above. */
export class PrintedLines {
  readonly #ports: PrintedLinesPorts;

  constructor(ports: PrintedLinesPorts) {
    this.#ports = ports;
  }

  /** Takes a line of a job, or counts it as left out. */
  take(printer: Printer, job: LoggedJob, line: PrintedLine): void {
    const { clock } = this.#ports;
    const { logBudget } = printer;
    const nowMs = clock.nowMs();
    if (logBudget.take(charsOf(line), nowMs)) {
      this.#pass(printer, job, line);
      return;
    }
    const opensInMs = logBudget.leaveOut(job.id, nowMs);
    // By the clock and not with the next line: after a flood there may be none.
    if (opensInMs !== undefined) clock.after(opensInMs + TIMER_SLACK_MS, () => this.#note(printer));
  }

  #note(printer: Printer): void {
    const { clock, jobs } = this.#ports;
    for (const [id, count] of printer.logBudget.takeLeftOut()) {
      const job = jobs.get(id);
      if (!job) continue;
      const lines = count === 1 ? '1 line of this node was' : `${count} lines of this node were`;
      const note = { task: 0, level: WARNING, text: `${lines} left out: it printed more than a log takes` };
      printer.logBudget.use(charsOf(note), clock.nowMs());
      this.#pass(printer, job, note);
    }
  }

  #pass({ session }: Printer, job: LoggedJob, { task, level, text }: PrintedLine): void {
    const node = session.nodeName;
    const line = { wallMs: this.#ports.clock.wallMs(), task, node, level, text };
    this.#ports.keep(job.id, session.trusted ? line : { ...line, isStrangers: true });
    // The driver printed its own lines itself.
    if (job.session !== session.id) this.#ports.send(job.session, { type: 'jobLog', task, node, level, text });
  }
}
