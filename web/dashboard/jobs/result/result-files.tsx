/**
 * The typed arrays of a result, each a file for NumPy.
 */
import { Button } from '@mantine/core';
import { formatSize } from '../../format/sizes.ts';
import { download } from '../../parts/download.ts';
import { DownloadIcon } from '../../parts/icons.ts';
import type { ResultFile } from './archive.ts';
import styles from './json-view.module.css';
import { dtypeWords, firstValues, shapeWords } from './npy-header.ts';

const PREVIEW_VALUES = 6;

/** See above. */
export function ResultFiles({ files }: { readonly files: readonly ResultFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul className={styles['files']} aria-label="Files of the result">
      {files.map((file) => (
        <li key={file.name}>
          <span className={styles['file']}>
            <span className="mono">{file.name}</span>
            <span className="soft small">{describe(file)}</span>
          </span>
          <span className="number small">{formatSize(file.bytes.length)}</span>
          <Button
            variant="default"
            size="xs"
            leftSection={<DownloadIcon size={15} />}
            aria-label={`Download ${file.name}`}
            onClick={() => download(file.name, file.bytes, 'application/octet-stream')}
          >
            .npy
          </Button>
        </li>
      ))}
    </ul>
  );
}

function describe({ npy, bytes }: ResultFile): string {
  if (!npy) return 'a file';
  const values = firstValues(bytes, npy, PREVIEW_VALUES).map((value) =>
    typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value),
  );
  const preview = values.length === 0 ? '' : `: ${values.join(', ')} …`;
  return `${dtypeWords(npy.dtype)}, ${shapeWords(npy.shape)}${preview}`;
}
