/**
 * A JSON value as a tree whose branches open and close. Long lists show their beginning until somebody asks for more.
 */
import { useState } from 'react';
import { formatNoun } from '../../format/numbers.ts';
import { isArrayPlace } from './archive.ts';
import { columnsOf, type Flat, inOneLine, isNumberList } from './json-shape.ts';
import { JsonTable } from './json-table.tsx';
import styles from './json-view.module.css';
import { dtypeWords } from './npy-header.ts';
import { ScrollRegion } from '../../parts/scroll-region.tsx';

const SHOWN = 50;
const MAX_TEXT = 600;
/** Levels that are open at first. */
const OPEN_LEVELS = 2;

/** See above. */
export function JsonView({ value }: { readonly value: unknown }) {
  return (
    <ScrollRegion className={styles['json']} label="The result as JSON">
      <JsonNode value={value} level={0} />
    </ScrollRegion>
  );
}

interface JsonNodeProps {
  readonly name?: string;
  readonly value: unknown;
  readonly level: number;
}

function JsonNode({ name, value, level }: JsonNodeProps) {
  if (typeof value === 'object' && value !== null && !isArrayPlace(value)) {
    return <Branch {...(name === undefined ? {} : { name })} value={value} level={level} />;
  }
  return (
    <div className={styles['leaf']}>
      <Name name={name} />
      <Leaf value={value} />
    </div>
  );
}

function Name({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : <span className={styles['name']}>{name}: </span>;
}

function Leaf({ value }: { readonly value: unknown }) {
  if (isArrayPlace(value)) {
    return (
      <span className={styles['array']}>
        {dtypeWords(value.dtype)} array, {formatNoun(value.length, 'value')}, in {value.$npy}
      </span>
    );
  }
  const text = JSON.stringify(value) ?? 'null';
  return (
    <span className={styles['value']} data-type={value === null ? 'null' : typeof value}>
      {text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text}
    </span>
  );
}

function Branch({ name, value, level }: JsonNodeProps & { readonly value: object }) {
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS);
  const [shown, setShown] = useState(SHOWN);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return (
      <div className={styles['leaf']}>
        <Name name={name} />
        {isList ? '[ ]' : '{ }'}
      </div>
    );
  }
  if (isNumberList(value)) return <NumberList name={name} values={value} />;
  const line = inOneLine(value);
  if (line !== undefined && level > 0) {
    return (
      <div className={styles['leaf']}>
        <Name name={name} />
        <span className="soft">{line}</span>
      </div>
    );
  }
  const columns = columnsOf(value);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span className="soft">
          {isList ? `list of ${formatNoun(entries.length, 'item')}` : formatNoun(entries.length, 'field')}
        </span>
      </summary>
      {isOpen && columns && (
        <div className={styles['branch']}>
          <JsonTable columns={columns} rows={value as unknown as readonly Flat[]} />
        </div>
      )}
      {isOpen && !columns && (
        <div className={styles['branch']}>
          {entries.slice(0, shown).map(([key, item]) => (
            <JsonNode key={key} name={key} value={item} level={level + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" className={styles['more']} onClick={() => setShown(shown + SHOWN * 4)}>
              Show more of {formatNoun(entries.length, 'item')}
            </button>
          )}
        </div>
      )}
    </details>
  );
}

const LINE_VALUES = 200;

function NumberList({ name, values }: { readonly name: string | undefined; readonly values: readonly number[] }) {
  return (
    <div className={styles['leaf']}>
      <Name name={name} />
      <span className={styles['value']} data-type="number">
        [{values.slice(0, LINE_VALUES).join(', ')}
        {values.length > LINE_VALUES && ` … ${formatNoun(values.length, 'number')}`}]
      </span>
    </div>
  );
}
