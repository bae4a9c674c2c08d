/**
 * The card that says where the node stands, with the buttons that change it.
 */
import type { Donor } from '#client/host/browser/donor.ts';
import { byId, show, write, writeParagraphs } from './elements.ts';
import { describeProblem } from './problem-text.ts';
import { isPausedByOwner, type StateText } from './state-text.ts';
import { formatAmount } from '../design/words.ts';

/** What the buttons do that the donor alone cannot. */
export interface StateActions {
  start(): void;
  reload(): void;
}

/** See above. */
export class StateCard {
  readonly #donor: Donor;
  readonly #card = byId('state', HTMLElement);
  readonly #heading = byId('state-heading', HTMLElement);
  readonly #sentences = byId('state-sentences', HTMLElement);
  readonly #details = byId('state-details', HTMLElement);
  readonly #pause = byId('pause', HTMLButtonElement);
  readonly #snoozes = document.querySelectorAll<HTMLButtonElement>('[data-action=snooze]');
  readonly #stop = byId('stop', HTMLButtonElement);
  readonly #repair = byId('repair', HTMLButtonElement);
  readonly #counts = ['done', 'running', 'queued', 'failed'].map((name) => byId(`tasks-${name}`, HTMLElement));
  #stopTrouble = '';

  constructor(donor: Donor, actions: StateActions) {
    this.#donor = donor;
    this.#pause.addEventListener('click', () => (isPausedByOwner(donor.status) ? donor.resume() : donor.pause()));
    this.#stop.addEventListener('click', () => this.#stopNow());
    this.#repair.addEventListener('click', () => {
      const { problem } = donor.status;
      if (problem !== undefined && describeProblem(problem).repair === 'reload') actions.reload();
      else actions.start();
    });
    for (const button of this.#snoozes) {
      button.addEventListener('click', () => donor.snooze(Number(button.dataset['hours'])));
    }
  }

  draw(text: StateText, canRepair: boolean): void {
    const { status, runsHere, runsSomewhere } = this.#donor;
    this.#card.dataset['tone'] = text.tone;
    write(this.#heading, text.headline);
    const elsewhere =
      runsSomewhere && !runsHere && status.phase !== 'stopped'
        ? ['Another tab of this browser does the work. The buttons here work, too.']
        : [];
    const trouble = this.#stopTrouble === '' ? [] : [this.#stopTrouble];
    writeParagraphs(this.#sentences, [...text.sentences, ...elsewhere, ...trouble]);
    const isPaused = isPausedByOwner(status);
    write(this.#pause, isPaused ? 'Resume' : 'Pause');
    this.#pause.dataset['action'] = isPaused ? 'resume' : 'pause';
    // Before there is a node, nothing can be paused, only stopped.
    const canPause = status.phase !== 'connecting';
    for (const button of [this.#pause, ...this.#snoozes]) button.disabled = !canPause;
    const counts = [status.doneTasks, status.runningTasks, status.queuedTasks, status.failedTasks];
    this.#counts.forEach((element, index) => write(element, formatAmount(counts[index] ?? 0)));
    const problem = status.problem === undefined ? undefined : describeProblem(status.problem);
    write(this.#details, problem?.details ?? '');
    show(this.#details, status.phase === 'failed' && problem !== undefined && problem.details !== '');
    write(this.#repair, problem?.repairLabel ?? 'Try again');
    this.#repair.disabled = problem?.repair !== 'reload' && !canRepair;
  }

  #stopNow(): void {
    this.#stop.disabled = true;
    write(this.#stop, 'Stopping…');
    this.#stopTrouble = '';
    void this.#donor
      .stop()
      .catch(() => {
        this.#stopTrouble = 'Stop did not work. Close this tab: that ends all work in it.';
      })
      .finally(() => {
        this.#stop.disabled = false;
        write(this.#stop, 'Stop');
      });
  }
}
