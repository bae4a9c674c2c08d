import { describe, expect, it } from 'vitest';
import { STOPPED, type TabStatus } from '#client/host/browser/tab-status.ts';
import { ScreenChooser } from './screen.ts';

const JOINED: TabStatus = { ...STOPPED, phase: 'joined', doneTasks: 5 };
const here = (status: TabStatus) => ({
  status,
  runsHere: status.phase !== 'stopped',
  runsSomewhere: status.phase !== 'stopped',
});

describe('ScreenChooser', () => {
  it('T1 begins with the introduction, and thanks after Stop for what was done', () => {
    const screens = new ScreenChooser();
    expect(screens.choose(here(STOPPED))).toBe('intro');
    expect(screens.choose(here(JOINED))).toBe('running');
    expect(screens.choose(here(STOPPED))).toBe('ended');
    expect(screens.lastRun).toBe(JOINED);
  });

  it('T1 forgets with the browser what was erased, until it starts again', () => {
    const screens = new ScreenChooser();
    screens.choose(here(JOINED));
    screens.noteErased();
    expect(screens.choose(here(STOPPED))).toBe('erased');
    expect(screens.lastRun).toBeUndefined();
    expect(screens.choose(here(JOINED))).toBe('running');
    expect(screens.choose(here(STOPPED))).toBe('ended');
  });

  it('M4 shows the node of another tab as if it were here', () => {
    const screens = new ScreenChooser();
    expect(screens.choose({ status: STOPPED, runsHere: false, runsSomewhere: true })).toBe('elsewhere');
    expect(screens.choose({ status: JOINED, runsHere: false, runsSomewhere: true })).toBe('running');
  });

  it('T1 shows a failure even if nothing ran before', () => {
    expect(new ScreenChooser().choose(here({ ...STOPPED, phase: 'failed' }))).toBe('failed');
  });
});
