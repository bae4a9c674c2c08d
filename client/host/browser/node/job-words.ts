/**
 * Asks the server what a job is called, who runs it and what for.
 */
import type { ServerSession } from '#client/raylet/server-session.ts';
import { requests } from '#shared/protocol/requests.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { JobWords } from './task-meter.ts';

/** `tell` is called once, unless the server does not know the job. */
export function askJobWords(session: ServerSession, job: number, tell: (words: JobWords) => void): void {
  const body = new ByteWriter();
  requests.jobInfo.body.write(body, { job });
  session.request('jobInfo', body.finish(), (ok, answer) => {
    if (ok) tell(requests.jobInfo.answer.read(new ByteReader(answer)));
  });
}
