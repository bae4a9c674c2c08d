/**
 * Rows as cards, where a table would not fit: a phone.
 */
import styles from './data-table.module.css';
import type { Shape } from './grid.tsx';

/** See above. */
export function Cards<T extends object>({ columns, rows, rowKey, noun }: Shape<T>) {
  const title = columns.find(({ isTitle }) => isTitle) ?? columns[0];
  const others = columns.filter((column) => column !== title);
  return (
    <ul className={styles['cards']} aria-label={`List of ${noun}s`}>
      {rows.map((row) => (
        <li key={rowKey(row)}>
          <div className={styles['cardTitle']}>{title?.cell(row)}</div>
          <dl>
            {others.map((column) => (
              <CardLine key={column.id} header={column.header} value={column.cell(row)} />
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function CardLine({ header, value }: { readonly header: string; readonly value: React.ReactNode }) {
  if (value === null || value === '' || value === undefined) return null;
  return (
    <>
      <dt>{header}</dt>
      <dd>{value}</dd>
    </>
  );
}
