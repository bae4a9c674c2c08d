/**
 * What a screen reader is told of what happens without anybody pressing a key: one polite region for the whole page.
 */
import { useSyncExternalStore } from 'react';

let words = '';
const listeners = new Set<() => void>();

/** Says something once. */
export function announce(text: string): void {
  // The same words twice would be heard once: an invisible difference makes them news.
  words = text === words ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The region. */
export function Announcer() {
  const text = useSyncExternalStore(subscribe, () => words);
  return (
    <p className="unseen" role="status" aria-live="polite">
      {text}
    </p>
  );
}
