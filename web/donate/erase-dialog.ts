/**
 * "Leave and erase" asks once more, saying what will be gone.
 */
import type { Donor } from '#client/host/browser/donor.ts';
import { byId, show, write } from './elements.ts';
import { formatBytes } from '../design/words.ts';

/** Wires the button and its dialog; `onErased` is called after everything is gone. */
export function wireEraseDialog(donor: Donor, onErased: () => void): void {
  const dialog = byId('erase-dialog', HTMLDialogElement);
  const confirm = byId('erase-confirm', HTMLButtonElement);
  const trouble = byId('erase-trouble', HTMLElement);
  byId('leave', HTMLButtonElement).addEventListener('click', () => {
    const bytes = donor.status.storeMemoryBytes + donor.status.storeDiskBytes;
    const amount = bytes === 0 ? '' : ` (${formatBytes(bytes)})`;
    write(byId('erase-values', HTMLElement), `values kept for the cluster${amount}`);
    show(trouble, false);
    dialog.showModal();
  });
  byId('erase-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());
  confirm.addEventListener('click', () => {
    confirm.disabled = true;
    write(confirm, 'Erasing…');
    void donor
      .leaveAndErase()
      .then(
        () => {
          dialog.close();
          onErased();
        },
        () => {
          write(trouble, 'Not everything could be erased. Close the other tabs of this page and try again.');
          show(trouble, true);
        },
      )
      .finally(() => {
        confirm.disabled = false;
        write(confirm, 'Leave and erase');
      });
  });
}
