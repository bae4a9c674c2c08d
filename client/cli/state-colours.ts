/**
 * Colours of states: green for what is well, red for what is not, yellow for what waits, grey for what is over.
 */
import { type Style, styled } from './output.ts';

const STYLES: Readonly<Record<string, Style>> = {
  succeeded: 'green',
  connected: 'green',
  alive: 'green',
  running: 'cyan',
  leased: 'cyan',
  local: 'cyan',
  failed: 'red',
  error: 'red',
  infeasible: 'red',
  disconnected: 'yellow',
  waiting: 'yellow',
  queued: 'yellow',
  pending: 'yellow',
  restarting: 'yellow',
  held: 'yellow',
  stopped: 'gray',
  cancelled: 'gray',
  dead: 'gray',
  freed: 'gray',
};

/** A text in the colour of a state. */
export function paintState(state: string, text: string): string {
  const style = STYLES[state];
  return style === undefined ? text : styled(style, text);
}
