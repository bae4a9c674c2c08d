/**
 * Names and values of one thing, in as many columns as there is room for.
 */
import type { ReactNode } from 'react';
import styles from './facts.module.css';

/** A fact; without a value it is left out. */
export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
  /** As wide as the whole list. */
  readonly isWide?: boolean;
}

/** See above. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const known = facts.filter(({ value }) => value !== undefined && value !== null && value !== '');
  return (
    <dl className={styles['facts']}>
      {known.map(({ name, value, isWide }) => (
        <div key={name} data-wide={isWide ?? undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
