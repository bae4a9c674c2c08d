/**
 * Takes a file from the computer into the editor.
 */
import { Button, FileButton } from '@mantine/core';
import { tell } from '../parts/notices.ts';
import { UploadIcon } from '../parts/icons.ts';
import { fitFileName } from './submission.ts';

const MAX_CHARS = 2_000_000;

/** See above. */
export function UploadButton({ onFile }: { readonly onFile: (name: string, text: string) => void }) {
  const open = async (file: File | null): Promise<void> => {
    if (!file) return;
    const text = await file.text();
    if (text.length > MAX_CHARS) {
      tell('This file is too large for one job module: 2 million characters at most.');
      return;
    }
    onFile(fitFileName(file.name), text);
  };
  return (
    <FileButton
      accept=".ts,.js,.mts,.mjs,text/javascript,application/typescript"
      onChange={(file) => void open(file)}
      inputProps={{ 'aria-label': 'File with the source of a job' }}
    >
      {(props) => (
        <Button {...props} variant="default" size="xs" leftSection={<UploadIcon size={15} />}>
          Open a file
        </Button>
      )}
    </FileButton>
  );
}
