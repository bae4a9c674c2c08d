/**
 * What stands before Start: blockers above everything else, notices, the field for a key, and the button itself.
 */
import { byId, make, redraw, show, withCode, write } from './elements.ts';
import { readTyped } from './join-key.ts';
import type { Screen } from './screen.ts';
import type { Gate, Notice } from './start-gate.ts';

/** What somebody can do here. */
export interface StartActions {
  start(): void;
  askAgain(): void;
  /** A key was typed or pasted. */
  useKey(key: string): void;
}

function drawNotice(notice: Notice): HTMLElement {
  const element = make('div', 'notice', make('strong', '', notice.title));
  element.dataset['tone'] = notice.tone;
  element.append(...notice.sentences.map((sentence) => make('p', '', ...withCode(sentence))));
  return element;
}

/** See above. */
export class StartCard {
  readonly #part = byId('start-part', HTMLElement);
  readonly #blockers = byId('blockers', HTMLElement);
  readonly #notices = byId('notices', HTMLElement);
  readonly #start = byId('start', HTMLButtonElement);
  readonly #askAgain = byId('ask-again', HTMLButtonElement);
  readonly #keyPart = byId('key-part', HTMLDetailsElement);
  readonly #keySummary = byId('key-summary', HTMLElement);
  readonly #key = byId('key', HTMLInputElement);
  readonly #keyAnswer = byId('key-answer', HTMLElement);
  #wasNeeded = false;

  constructor(actions: StartActions) {
    this.#start.addEventListener('click', () => actions.start());
    this.#askAgain.addEventListener('click', () => actions.askAgain());
    byId('key-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const key = readTyped(this.#key.value);
      write(this.#keyAnswer, key === '' ? 'This is no key.' : 'Key taken. You can start now.');
      if (key === '') return;
      this.#key.value = '';
      actions.useKey(key);
    });
  }

  draw(gate: Gate, screen: Screen, hasKey: boolean, wantsOtherKey: boolean): void {
    const isFailed = screen === 'failed';
    const blockers = screen === 'running' || screen === 'elsewhere' ? [] : gate.blockers;
    redraw(this.#blockers, blockers, () => blockers.map(drawNotice));
    // The state card tells of the problem; what is merely worth knowing would distract from it.
    const notices = isFailed ? [] : gate.notices;
    redraw(this.#notices, notices, () => notices.map(drawNotice));
    show(this.#askAgain, gate.canAskAgain && blockers.length > 0);
    const isNeeded = gate.keyField === 'needed' || (isFailed && wantsOtherKey);
    show(this.#keyPart, gate.keyField !== 'hidden' && (!isFailed || wantsOtherKey));
    if (isNeeded && !this.#wasNeeded) this.#keyPart.open = true;
    this.#wasNeeded = isNeeded;
    write(this.#keySummary, hasKey ? 'Use another key' : 'I have a key');
    if (this.#start.disabled === gate.canStart) this.#start.disabled = !gate.canStart;
    write(this.#start, screen === 'intro' ? 'Start' : 'Start again');
    show(this.#part, screen !== 'running' && screen !== 'elsewhere' && (!isFailed || wantsOtherKey));
  }
}
