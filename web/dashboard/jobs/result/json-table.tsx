/**
 * A list of alike objects as a table: what most results are, and what a tree shows worst.
 */
import { useState } from 'react';
import { formatNoun } from '../../format/numbers.ts';
import type { Flat } from './json-shape.ts';
import styles from './json-view.module.css';

const SHOWN = 50;

/** See above. */
export interface JsonTableProps {
  readonly columns: readonly string[];
  readonly rows: readonly Flat[];
}

/** See above. */
export function JsonTable({ columns, rows }: JsonTableProps) {
  const [shown, setShown] = useState(SHOWN);
  return (
    <>
      <table className={styles['table']}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shown).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <Cell key={column} value={row[column] ?? null} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <button type="button" className={styles['more']} onClick={() => setShown(shown + SHOWN * 4)}>
          Show more of {formatNoun(rows.length, 'row')}
        </button>
      )}
    </>
  );
}

function Cell({ value }: { readonly value: Flat[string] }) {
  return (
    <td data-number={typeof value === 'number' || undefined}>
      {value === null ? <span className="soft">null</span> : String(value)}
    </td>
  );
}
