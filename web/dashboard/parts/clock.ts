/**
 * One clock for the page, which goes as the server's does: ages on all components change in the same tick, and a computer whose
 * clock is wrong still shows right ones.
 */
import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
/** A new offset counts only if it differs by more than what the network takes. */
const MAX_DRIFT_MS = 1500;

const listeners = new Set<() => void>();
let offsetMs = 0;
let tickedAtMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** Takes the server's time, as it comes with answers. */
export function setServerTime(now: string | null): void {
  if (now === null) return;
  const measured = Date.parse(now) - Date.now();
  if (Math.abs(measured - offsetMs) > MAX_DRIFT_MS) offsetMs = measured;
}

/** The server's time as of the last tick. */
export function nowMs(): number {
  return tickedAtMs + offsetMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tickedAtMs = Date.now();
    timer = setInterval(tick, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  tickedAtMs = Date.now();
  for (const listener of listeners) listener();
}

/** What `read` makes of the time; the component is drawn again only when that changes. */
export function useClock<T extends string | number | boolean | undefined>(read: (nowMs: number) => T): T {
  return useSyncExternalStore(subscribe, () => read(nowMs()));
}
