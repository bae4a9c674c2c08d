/**
 * The raylet's sending half of a link to a worker or a driver: commands gathered into frames, values beside them.
 */
import type { Attachment } from '#shared/ports/transport.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';

/** The sending half of a link to a worker or a driver. */
export interface CommandLink {
  push(command: WorkerCommand, sizeBytes?: number): void;
  attach(buffer: Attachment): number;
  flush(): void;
}

/** Queues a command, with memory beside it where its kind has a field for that. */
export function pushCommand(link: CommandLink, command: WorkerCommand, memory?: Attachment): void {
  if (memory && command.kind === 'object') link.push({ ...command, attachment: link.attach(memory) });
  else link.push(command, sizeOf(command));
}

function sizeOf(command: WorkerCommand): number {
  switch (command.kind) {
    case 'run':
      return command.args.length;
    case 'object':
      return command.value.length;
    case 'module':
      return command.code.length;
    default:
      return 0;
  }
}
