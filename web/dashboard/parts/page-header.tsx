/**
 * The top of a page: where one is, the heading, what can be done here. It also names the page in the tab.
 */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { BackIcon } from './icons.ts';
import styles from './page-header.module.css';

/** Lists that pages of single things lead back to. */
const LISTS = {
  '/jobs': 'Jobs',
  '/nodes': 'Nodes',
  '/tasks': 'Tasks',
  '/actors': 'Actors',
  '/objects': 'Objects',
} as const;

/** What stands at the top. */
export interface PageHeaderProps {
  readonly title: string;
  /** Beside the heading: a state. */
  readonly badge?: ReactNode;
  /** Under the heading. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly back?: keyof typeof LISTS;
}

/** See above. */
export function PageHeader({ title, badge, children, actions, back }: PageHeaderProps) {
  return (
    <header className={styles['header']}>
      <title>{`${title} – Daylight`}</title>
      <div className={styles['words']}>
        {back !== undefined && (
          <Link to={back} className={styles['back']}>
            <BackIcon size={15} aria-hidden />
            {LISTS[back]}
          </Link>
        )}
        <div className={styles['line']}>
          <h1>{title}</h1>
          {badge}
        </div>
        {children !== undefined && <div className={styles['under']}>{children}</div>}
      </div>
      {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
    </header>
  );
}
