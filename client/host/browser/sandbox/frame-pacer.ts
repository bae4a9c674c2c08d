/**
 * How often a sandbox worker posts to its raylet (rule B1). Frames gather what is sent within one microtask; a program that
 * awaits something after each `put` makes one frame per call, as fast as it can. Between processes that costs more than the
 * call, so beyond a rate frames wait for the next turn and gather more.
 */
import type { FramePacer } from '#client/transport/batch-link.ts';
import type { Clock } from '#shared/ports/clock.ts';

const MS_PER_SECOND = 1_000;
const FRAMES_PER_SECOND = 8_000;
const MAX_BURST_FRAMES = 2_000;

/** @param later calls back in the next turn of the event loop */
export function framePacer(clock: Clock, later: (callback: () => void) => void): FramePacer {
  let left = MAX_BURST_FRAMES;
  let lastMs = clock.nowMs();
  return {
    mayPost() {
      const nowMs = clock.nowMs();
      left = Math.min(MAX_BURST_FRAMES, left + ((nowMs - lastMs) * FRAMES_PER_SECOND) / MS_PER_SECOND);
      lastMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    later,
  };
}
