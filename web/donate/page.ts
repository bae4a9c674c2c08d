/**
 * The donate page: draws what the donor and the server tell, and passes on what the person at it wants. It decides
 * nothing about the node, and never starts it by itself.
 */
import type { BrowserAbilities, Donor } from '#client/host/browser/donor.ts';
import { Announcer } from './announcer.ts';
import { byId, show, write } from './elements.ts';
import { wireEraseDialog } from './erase-dialog.ts';
import { drawJobs } from './jobs-card.ts';
import { describeThanks } from './job-text.ts';
import { dropKey, keepKey, takeKey, type KeyStorage } from './join-key.ts';
import { drawMachine } from './machine-card.ts';
import { describeMachine } from './machine-text.ts';
import { iconAddress } from './page-icon.ts';
import { claimRenewal, compareVersions } from './renewal.ts';
import { ScreenChooser, type Screen } from './screen.ts';
import { ServerNewsDesk } from './server-news.ts';
import { SettingsCard } from './settings-card.ts';
import { StartCard } from './start-card.ts';
import { judgeStart, type Gate } from './start-gate.ts';
import { StateCard } from './state-card.ts';
import { describeState, type Moment, type StateText } from './state-text.ts';

/** What the page is given. */
export interface PageParts {
  readonly donor: Donor;
  findAbilities(): Promise<BrowserAbilities>;
  /** Resolves to the JSON of `GET /donate/info`. */
  askServer(): Promise<unknown>;
  /** The protocol version this page was built with. */
  readonly pageVersion: number;
}

const TICK_MS = 1000;
const HEADINGS: Record<Screen, string> = {
  intro: 'page-heading',
  elsewhere: 'state-heading',
  running: 'state-heading',
  failed: 'state-heading',
  ended: 'thanks-heading',
  erased: 'thanks-heading',
};

/** Asking for the storage may throw, where a browser blocks it. */
function findStorage(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[kind];
  } catch {
    return undefined;
  }
}

/** See above. */
export class DonatePage {
  readonly #parts: PageParts;
  readonly #donor: Donor;
  readonly #storage: KeyStorage | undefined = findStorage('localStorage');
  readonly #screens = new ScreenChooser();
  readonly #announcer = new Announcer();
  readonly #news: ServerNewsDesk;
  readonly #stateCard: StateCard;
  readonly #startCard: StartCard;
  readonly #settingsCard: SettingsCard;
  #abilities: BrowserAbilities | undefined;
  #key = '';
  #screen: Screen = 'intro';
  #status: Donor['status'];
  #statusAtMs = performance.now();

  constructor(parts: PageParts) {
    this.#parts = parts;
    this.#donor = parts.donor;
    this.#status = parts.donor.status;
    this.#news = new ServerNewsDesk({
      ask: () => parts.askServer(),
      nowMs: () => performance.now(),
      later: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      onChange: () => this.#hearServer(),
    });
    this.#stateCard = new StateCard(this.#donor, { start: () => this.#start(), reload: () => location.reload() });
    this.#startCard = new StartCard({
      start: () => this.#start(),
      askAgain: () => this.#news.askNow(),
      useKey: (key) => this.#useKey(key),
    });
    this.#settingsCard = new SettingsCard(this.#donor);
    wireEraseDialog(this.#donor, () => this.#forget());
  }

  /** Shows the page and keeps it up to date for as long as it is open. */
  run(): void {
    this.#readKey();
    for (const element of document.querySelectorAll('[data-host]')) write(element, location.host);
    addEventListener('hashchange', () => {
      this.#readKey();
      this.#draw();
    });
    addEventListener('online', () => {
      if (this.#news.news.kind === 'away') this.#news.askNow();
    });
    this.#donor.subscribe(() => this.#hearDonor());
    setInterval(() => this.#draw(), TICK_MS);
    this.#news.askNow();
    void this.#parts.findAbilities().then((abilities) => {
      this.#abilities = abilities;
      this.#draw();
    });
    this.#hearDonor();
  }

  #readKey(): void {
    const { hash, pathname, search } = location;
    // Where nothing can be started the link stays whole, so that it can be used elsewhere.
    const storage = isSecureContext ? this.#storage : undefined;
    this.#key = takeKey({
      hash,
      storage,
      clearHash: () => history.replaceState(history.state, '', pathname + search),
    });
  }

  #useKey(key: string): void {
    this.#key = key;
    keepKey(this.#storage, key);
    this.#draw();
  }

  #forget(): void {
    this.#key = '';
    dropKey(this.#storage);
    this.#screens.noteErased();
    this.#draw();
  }

  #start(): void {
    if (this.#judge().canStart) this.#donor.start({ url: location.origin, key: this.#key });
  }

  #hearServer(): void {
    const { news } = this.#news;
    if (news.kind === 'known') this.#renewIfNeeded(news.info.protocolVersion);
    this.#draw();
  }

  #renewIfNeeded(serverVersion: number): void {
    const isAtRest = this.#status.phase === 'stopped' || this.#status.phase === 'failed';
    if (!isAtRest || compareVersions(serverVersion, this.#parts.pageVersion) === 'same') return;
    if (claimRenewal(serverVersion, findStorage('sessionStorage'))) location.reload();
  }

  #hearDonor(): void {
    const { status } = this.#donor;
    if (status !== this.#status) {
      // A server of another release says so; which one it is decides whether to load the page again.
      const isOutdated = status.problem?.code === 'version' && this.#status.problem?.code !== 'version';
      this.#status = status;
      this.#statusAtMs = performance.now();
      if (isOutdated) this.#news.askNow();
    }
    this.#draw();
  }

  #judge(): Gate {
    return judgeStart({
      abilities: this.#abilities,
      news: this.#news.news,
      pageVersion: this.#parts.pageVersion,
      hasKey: this.#key !== '',
      address: location,
      nowMs: performance.now(),
    });
  }

  #draw(): void {
    const gate = this.#judge();
    const moment = { nowMs: Date.now(), statusAgeMs: performance.now() - this.#statusAtMs };
    const screen = this.#screens.choose(this.#donor);
    const state = describeState(this.#status, moment);
    this.#stateCard.draw(state, gate.canStart);
    this.#settingsCard.draw(gate.canEver ? this.#abilities : undefined);
    this.#startCard.draw(gate, screen, this.#key !== '', this.#status.problem?.code === 'key');
    this.#drawRun(screen, moment);
    this.#switchTo(screen);
    this.#tell(screen, state, gate);
    // For whoever works the page from outside: set once it is known what can be done here.
    const isReady = this.#abilities !== undefined && this.#news.news.kind !== 'asking';
    if (isReady) document.body.dataset['state'] = this.#status.phase;
  }

  #drawRun(screen: Screen, moment: Moment): void {
    const run = screen === 'ended' ? this.#screens.lastRun : this.#status;
    drawJobs(run === undefined ? [] : run.jobs.map((job) => (screen === 'ended' ? { ...job, runningTasks: 0 } : job)));
    if (screen === 'running') {
      drawMachine(describeMachine(this.#status, this.#donor.settings, moment), this.#abilities?.hasIndexedDb === true);
    }
    write(byId('thanks-heading', HTMLElement), screen === 'erased' ? 'Everything is erased' : 'Stopped. Thank you!');
    const words =
      screen === 'erased'
        ? 'Daylight keeps nothing in this browser any more. Thank you for the time you lent.'
        : describeThanks(run?.doneTasks ?? 0, run?.upMs ?? 0);
    write(byId('thanks-sentences', HTMLElement), words);
  }

  /** Shows what belongs to the screen. Somebody whose button has gone finds the keyboard at the new heading. */
  #switchTo(screen: Screen): void {
    if (screen !== this.#screen) {
      const focused = document.activeElement;
      for (const element of document.querySelectorAll<HTMLElement>('[data-screens]')) {
        show(element, element.dataset['screens']?.split(' ').includes(screen) === true);
      }
      this.#screen = screen;
      const isLost = focused instanceof HTMLElement && focused !== document.body && !focused.checkVisibility();
      if (isLost) byId(HEADINGS[screen], HTMLElement).focus();
    }
    byId('page-heading', HTMLElement).classList.toggle('unseen', screen !== 'intro');
  }

  #tell(screen: Screen, state: StateText, gate: Gate): void {
    const isAtWork = screen === 'elsewhere' || screen === 'running' || screen === 'failed';
    const title = isAtWork ? state.title : screen === 'intro' ? 'Lend this computer' : '■ Stopped';
    if (document.title !== `${title} – Daylight`) document.title = `${title} – Daylight`;
    const icon = byId('icon', HTMLLinkElement);
    const address = iconAddress(isAtWork ? state.tone : 'idle');
    if (icon.href !== address) icon.href = address;
    const stops = [...gate.blockers, ...gate.notices].filter(({ tone }) => tone === 'stop');
    const words = isAtWork
      ? state.announcement
      : screen === 'intro'
        ? stops.map(({ title }) => `${title}.`).join(' ')
        : 'Stopped.';
    const spoken = this.#announcer.next(isAtWork ? state.tone : 'problem', words, performance.now());
    if (spoken !== undefined) write(byId('announcement', HTMLElement), spoken);
  }
}
