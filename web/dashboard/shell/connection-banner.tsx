/**
 * Says that what is shown may be old, while the live channel is gone. A blink of the network is not worth a word.
 */
import { useEffect, useState } from 'react';
import { AwayIcon } from '../parts/icons.ts';
import { useLiveState } from '../parts/live.ts';
import styles from './connection-banner.module.css';

const PATIENCE_MS = 3000;

/** See above. */
export function ConnectionBanner() {
  const state = useLiveState();
  return <div role="status">{state === 'away' && <LateBanner />}</div>;
}

/** Shows itself after a while. */
function LateBanner() {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isLate) return null;
  return (
    <div className={styles['banner']}>
      <AwayIcon size={18} aria-hidden />
      <span>
        <strong>No live connection.</strong> What you see may be old. It comes back by itself; if it does not, check
        that the server runs and that this computer is on the network.
      </span>
    </div>
  );
}
