/**
 * Planted bugs of objects: who holds them, where they are, what they are called, what is written down of them (rules
 * L1, L4, O2, O3, O6, G2, G3).
 */
import type { SessionRecord } from '#server/gcs/entities.ts';
import { ControlPlane } from '#server/control-plane.ts';
import { Relay } from '#server/gateway/relay.ts';
import { ObjectTable } from '#server/gcs/object-table.ts';
import { GcsState } from '#server/gcs/state.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const OBJECT_BUGS: readonly PlantedBug[] = [
  {
    name: 'freed-too-early',
    rule: 'O3',
    mistake: 'a value does not hold what it refers to while that is still being made',
    plant: (seam) =>
      seam.replace(
        ObjectTable.prototype,
        'hold',
        (hold) =>
          function (this: ObjectTable, object, holder) {
            return (holder > 0 || object.status !== 'pending') && hold.call(this, object, holder);
          },
      ),
  },
  {
    name: 'holders-of-the-dead',
    rule: 'O3',
    mistake: 'what a session held is not let go when it dies',
    plant: (seam) =>
      seam.replace(
        ObjectTable.prototype,
        'removeSession',
        (removeSession) =>
          function (this: ObjectTable, session) {
            session.holdings.clear();
            removeSession.call(this, session);
          },
      ),
  },
  {
    name: 'copies-of-the-dead',
    rule: 'O2',
    mistake: 'the copies of a session that died still count',
    plant: (seam) =>
      seam.replace(
        ObjectTable.prototype,
        'removeSession',
        (removeSession) =>
          function (this: ObjectTable, session) {
            session.copies.clear();
            removeSession.call(this, session);
          },
      ),
  },
  {
    name: 'want-under-wrong-key',
    rule: 'L1',
    mistake: 'who asks for an object under one of its other keys is told under the first',
    plant: (seam) =>
      seam.replace(
        ObjectTable.prototype,
        'want',
        (want) =>
          function (this: ObjectTable, object, session: SessionRecord) {
            want.call(this, object, session, object.key);
          },
      ),
  },
  {
    name: 'lineage-not-kept',
    rule: 'L4',
    mistake: 'inputs of tasks that may have to run again are freed like others',
    plant: (seam) => {
      seam.replace(ObjectTable.prototype, 'addLineageRef', () => () => undefined);
      seam.replace(ObjectTable.prototype, 'removeLineageRef', () => () => undefined);
    },
  },
  {
    name: 'transfer-left-open',
    rule: 'O6',
    mistake: 'what was asked of a node whose connection is lost stays open',
    plant: (seam) => seam.replace(Relay.prototype, 'disconnected', () => () => undefined),
  },
  {
    name: 'other-keys-left',
    rule: 'G3',
    mistake: 'other keys of an object stay when it is freed',
    plant: (seam) => seam.replace(GcsState.prototype, 'dropAliases', () => () => undefined),
  },
  {
    name: 'one-holder-written',
    rule: 'G2',
    mistake: 'of several holders of an object only one is written down',
    plant: (seam) =>
      seam.replace(
        ControlPlane.prototype,
        'connect',
        (connect) =>
          function (this: ControlPlane, outbox, fatal) {
            // What a start of the server reads.
            for (const object of this.gcs.state.objects.values()) object.moreHolders = undefined;
            connect.call(this, outbox, fatal);
          },
      ),
  },
];
