/**
 * A line to type into a terminal, with the button that copies it.
 */
import { CopyButton } from './copy-button.tsx';
import styles from './command.module.css';

/** See above. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div className={styles['command']}>
      <code>{text}</code>
      <CopyButton text={text} what="the command" />
    </div>
  );
}
