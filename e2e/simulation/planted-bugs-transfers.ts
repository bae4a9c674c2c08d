/**
 * Planted bugs of objects on their way between nodes (rules O1, O4, O6, T5).
 */
import { ChunkProgress } from '#client/object-manager/chunk-progress.ts';
import { ObjectManager } from '#client/object-manager/object-manager.ts';
import { CorruptCopies } from '#server/gcs/corrupt-copies.ts';
import { ObjectTable } from '#server/gcs/object-table.ts';
import { TransferBook } from '#server/gcs/transfer-book.ts';
import type { PlantedBug } from './planted-bugs-type.ts';

export const TRANSFER_BUGS: readonly PlantedBug[] = [
  {
    name: 'chunks-not-checked',
    rule: 'O1',
    mistake: 'what comes is taken for the object, whatever its digest',
    plant: (seam) => seam.replace(ChunkProgress.prototype, 'matches', () => () => true),
  },
  {
    name: 'pull-stays-on-books',
    rule: 'O6',
    mistake: 'a pull that is over stays on the books, and others are sent there',
    plant: (seam) => seam.replace(TransferBook.prototype, 'over', () => () => undefined),
  },
  {
    name: 'pulls-not-asked-again',
    rule: 'O6',
    mistake: 'what was asked over a connection that is lost is not asked over the next one, nor after a while',
    plant: (seam) => {
      seam.replace(ObjectManager.prototype, 'connected', () => () => undefined);
      seam.replace(ChunkProgress.prototype, 'asked', () => () => []);
    },
  },
  {
    name: 'only-copy-refused',
    rule: 'O4',
    mistake: 'one word against a copy is enough, also if it is the only one',
    plant: (seam) =>
      seam.replace(
        CorruptCopies.prototype,
        'told',
        (told) =>
          function (this: CorruptCopies, object, source, reporter, offset) {
            for (let word = 0; word < 8; word++) told.call(this, object, source, reporter, offset);
          },
      ),
  },
  {
    name: 'copies-dropped-too-early',
    rule: 'O4',
    mistake: 'a node that tells of a copy is told to drop it if it had told before',
    plant: (seam) =>
      seam.replace(
        ObjectTable.prototype,
        'tellManifest',
        () =>
          function (this: ObjectTable, object, session) {
            this.refuseCopy(object, session);
          },
      ),
  },
];
