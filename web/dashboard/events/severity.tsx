/**
 * How bad an event is, as an icon, a colour and a word.
 */
import { AlertIcon, FailedIcon, InfoIcon } from '../parts/icons.ts';
import styles from './severity.module.css';

const WORDS: Readonly<Record<string, string>> = { info: 'Info', warning: 'Warning', error: 'Error' };
const ICONS = { info: InfoIcon, warning: AlertIcon, error: FailedIcon };

/** Values to filter by. */
export const SEVERITIES = Object.entries(WORDS).map(([value, label]) => ({ value, label }));

/** See above; short, only the icon is seen. */
export function Severity({ severity, isShort = false }: { readonly severity: string; readonly isShort?: boolean }) {
  const Icon = severity === 'warning' || severity === 'error' ? ICONS[severity] : ICONS.info;
  const label = WORDS[severity] ?? severity;
  return (
    <span className={styles['severity']} data-severity={severity}>
      <Icon size={17} aria-hidden />
      {isShort ? <span className="unseen">{label}: </span> : label}
    </span>
  );
}
