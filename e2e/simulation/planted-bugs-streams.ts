/**
 * Planted bugs of the two numbered streams and of durability (rule L2).
 */
import { Journal } from '#client/raylet/journal.ts';
import { CommandStream } from '#server/gateway/command-stream.ts';
import { ControlPlane, type Outbox } from '#server/control-plane.ts';
import { Gateway } from '#server/gateway/gateway.ts';
import type { SessionRecord } from '#server/gcs/entities.ts';
import { Gcs } from '#server/gcs/gcs.ts';
import { Orphans } from '#server/gcs/orphans.ts';
import { SessionManager } from '#server/gcs/session-manager.ts';
import { MemoryStorage } from '#server/storage/memory-storage.ts';
import { StorageError } from '#shared/ports/storage.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const STREAM_BUGS: readonly PlantedBug[] = [
  {
    name: 'records-not-sent-again',
    rule: 'L2',
    mistake: 'after a reconnect the node goes on with new records; what was lost on the way is not sent again',
    plant: (seam) =>
      seam.replace(
        Journal.prototype,
        'resend',
        () =>
          function resend(this: Journal): void {
            this.flush();
          },
      ),
  },
  {
    name: 'commands-not-sent-again',
    rule: 'L2',
    mistake: 'after a reconnect the server takes everything that it sent for received',
    plant: (seam) => {
      const sent = new WeakMap<CommandStream, number>();
      seam.replace(
        CommandStream.prototype,
        'add',
        (add) =>
          function (this: CommandStream, command) {
            sent.set(this, (sent.get(this) ?? 0) + 1);
            add.call(this, command);
          },
      );
      seam.replace(
        CommandStream.prototype,
        'attach',
        (attach) =>
          function (this: CommandStream, sink, received) {
            attach.call(this, sink, received === 0 ? 0 : (sent.get(this) ?? 0) - this.pendingCount);
          },
      );
    },
  },
  {
    name: 'said-while-away-lost',
    rule: 'L2',
    mistake: 'commands for a node that is away are dropped',
    plant: (seam) => {
      const away = new WeakSet<CommandStream>();
      seam.replace(
        CommandStream.prototype,
        'attach',
        (attach) =>
          function (this: CommandStream, sink, received) {
            away.delete(this);
            attach.call(this, sink, received);
          },
      );
      seam.replace(
        CommandStream.prototype,
        'detach',
        (detach) =>
          function (this: CommandStream) {
            away.add(this);
            detach.call(this);
          },
      );
      seam.replace(
        CommandStream.prototype,
        'add',
        (add) =>
          function (this: CommandStream, command) {
            if (!away.has(this)) add.call(this, command);
          },
      );
    },
  },
  {
    name: 'records-applied-twice',
    rule: 'L2',
    mistake: 'after a reconnect the server has records sent again that are not durable, although it has applied them',
    plant: (seam) => {
      const durable = new WeakMap<SessionRecord, number>();
      seam.replace(
        Gateway.prototype,
        'acknowledge',
        (acknowledge) =>
          function (this: Gateway, session, received) {
            durable.set(session, received);
            acknowledge.call(this, session, received);
          },
      );
      seam.replace(
        SessionManager.prototype,
        'resume',
        (resume) =>
          function (this: SessionManager, session, hello) {
            session.received = durable.get(session) ?? session.received;
            resume.call(this, session, hello);
          },
      );
    },
  },
  {
    name: 'early-reports-not-kept',
    rule: 'M3',
    mistake: 'what a node reports of things that another has yet to tell of is passed over',
    plant: (seam) => seam.replace(Orphans.prototype, 'keep', () => () => false),
  },
  {
    name: 'commit-lost',
    rule: 'L2',
    mistake: 'a commit counts as done as soon as the disk has it in its queue',
    plant: (seam) =>
      seam.replace(
        MemoryStorage.prototype,
        'commit',
        (commit) =>
          function (this: MemoryStorage, batch) {
            const written = commit.call(this, batch);
            // One that is refused at once is refused all the same.
            return Promise.race([written, Promise.resolve()]);
          },
      ),
  },
  {
    name: 'acknowledged-before-durable',
    rule: 'L2',
    mistake: 'records are acknowledged as soon as they are applied in memory',
    plant: (seam) => {
      let outbox: Outbox | undefined;
      seam.replace(
        ControlPlane.prototype,
        'connect',
        (connect) =>
          function (this: ControlPlane, gateway, fatal) {
            outbox = gateway;
            connect.call(this, gateway, fatal);
          },
      );
      seam.replace(
        Gcs.prototype,
        'applyRecords',
        (applyRecords) =>
          function (this: Gcs, session, first, records) {
            applyRecords.call(this, session, first, records);
            outbox?.acknowledge(session, session.received);
          },
      );
    },
  },
  {
    name: 'refused-commit-lost',
    rule: 'L2',
    mistake: 'a commit that the disk refused is not written again',
    plant: (seam) =>
      seam.replace(
        MemoryStorage.prototype,
        'commit',
        (commit) =>
          function (this: MemoryStorage, batch) {
            return commit.call(this, batch).catch((error: unknown) => {
              if (error instanceof StorageError && error.code === 'disk-full') return;
              throw error;
            });
          },
      ),
  },
  {
    name: 'one-record-too-many-forgotten',
    rule: 'L2',
    mistake: 'a node forgets the record behind the last that is durable, too',
    plant: (seam) =>
      seam.replace(
        Journal.prototype,
        'acknowledge',
        (acknowledge) =>
          function (this: Journal, durable) {
            acknowledge.call(this, durable + 1);
          },
      ),
  },
];
