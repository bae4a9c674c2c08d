/**
 * The story of every task and object, told while a run that is known to fail is run once more: what nodes said of it, whom the
 * server gave it to, how it ended. It changes nothing in the run.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import { keyEntity, type Story } from './story.ts';

/** Tells it for one life of the server. */
export function tellTale(plane: ControlPlane, story: Story): void {
  const { gcs } = plane;
  const tell = (key: ObjectKey, text: string): void => story.tell(keyEntity(key), text);
  const applyRecords = gcs.applyRecords.bind(gcs);
  gcs.applyRecords = (session, first, records) => {
    for (const [index, record] of records.entries()) {
      const key = keyOf(record);
      if (key !== undefined) tell(key, `${session.nodeName}, record ${first + index}: ${inWords(record)}`);
    }
    applyRecords(session, first, records);
  };
  const command = plane.command.bind(plane);
  plane.command = (session, what) => {
    if (what.kind === 'lease') tell(what.task, `is leased to ${session.nodeName}, attempt ${what.attempt}`);
    else if (what.kind === 'object') tell(what.object, `${session.nodeName} is told of it, status ${what.status}`);
    else if (what.kind === 'dropCopy') tell(what.object, `${session.nodeName} may drop its copy`);
    else if (what.kind === 'cancelTask') tell(what.task, `is cancelled on ${session.nodeName}`);
    command(session, what);
  };
  const taskEnded = plane.taskEnded.bind(plane);
  plane.taskEnded = (outcome) => {
    const { task, session } = outcome;
    tell(task.key, `attempt ${task.attempt} ${outcome.outcome} with session ${session}`);
    taskEnded(outcome);
  };
  const dropped = gcs.state.dropped.bind(gcs.state);
  gcs.state.dropped = (gone) => {
    tell(gone.key, 'status' in gone ? 'the object is gone' : 'the task is forgotten');
    dropped(gone);
  };
}

function keyOf(record: NodeRecord): ObjectKey | undefined {
  if ('task' in record) return record.task;
  if ('object' in record) return record.object;
  return 'actor' in record ? record.actor : undefined;
}

/** The fields that are numbers or words, without the bytes. */
function inWords({ kind, ...fields }: NodeRecord): string {
  const parts = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    if (value instanceof Uint8Array) return `${name} of ${value.length} B`;
    return `${name} ${Array.isArray(value) ? `[${value.join(' ')}]` : String(value)}`;
  });
  return `${kind} (${parts.join(', ')})`;
}
