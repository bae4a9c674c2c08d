/**
 * Whether Start can be pressed, and what somebody should know before: everything that stops it, in plain sentences with
 * the way out, and what is merely worth knowing.
 */
import type { BrowserAbilities } from '#client/host/browser/donor.ts';
import { compareVersions } from './renewal.ts';
import type { ServerNews } from './server-news.ts';
import { clipText, formatCountdown } from '../design/words.ts';

/** One thing to know. Parts between backticks are shown as code. */
export interface Notice {
  /** `stop` prevents Start. */
  readonly tone: 'stop' | 'know';
  readonly title: string;
  readonly sentences: readonly string[];
}

/** See above. */
export interface Gate {
  readonly canStart: boolean;
  /** False if nothing done here would help: this browser or this address cannot do it. */
  readonly canEver: boolean;
  /** What makes the rest of the page pointless for now; shown first. */
  readonly blockers: readonly Notice[];
  /** What belongs beside Start. */
  readonly notices: readonly Notice[];
  /** `needed`: nothing goes on without one. */
  readonly keyField: 'hidden' | 'offered' | 'needed';
  readonly canAskAgain: boolean;
}

/** What the gate looks at. */
export interface GateView {
  /** Undefined until they are found out. */
  readonly abilities: BrowserAbilities | undefined;
  readonly news: ServerNews;
  readonly pageVersion: number;
  readonly hasKey: boolean;
  /** The page's own address. */
  readonly address: Pick<URL, 'host' | 'port' | 'pathname'>;
  /** Monotonic, as in the news. */
  readonly nowMs: number;
}

const TROUBLE_LENGTH = 200;

const stop = (title: string, ...sentences: string[]): Notice => ({ tone: 'stop', title, sentences });
const know = (title: string, ...sentences: string[]): Notice => ({ tone: 'know', title, sentences });

function insecureNotice({ address: { host, port, pathname }, hasKey }: GateView): Notice {
  const local = `http://localhost${port === '' ? '' : `:${port}`}${pathname}`;
  return stop(
    'This address is not secure enough',
    `Browsers allow what is needed here only on https. Open \`https://${host}${pathname}\` or, on the computer that runs the server, \`${local}\`.`,
    ...(hasKey ? ['Take the part of your link that begins with `#key=` along: it lets you in.'] : []),
    'For the operator: `daylight up --tls-cert FILE --tls-key FILE`, or a reverse proxy that speaks https. The guide tells how.',
  );
}

/** What this browser lacks; the first lack that stops everything hides the others, which may only follow from it. */
function browserStops(abilities: BrowserAbilities, view: GateView): Notice[] {
  if (!abilities.isSecureContext) return [insecureNotice(view)];
  if (abilities.hasWorkers && abilities.hasWebLocks) return [];
  return [
    stop('This browser is too old', 'It lacks what is needed here. A current Chrome, Edge, Firefox or Safari has it.'),
  ];
}

function browserLimits(abilities: BrowserAbilities): Notice[] {
  const notices: Notice[] = [];
  if (!abilities.hasIndexedDb) {
    notices.push(
      know(
        'This browser keeps nothing for this page',
        'Perhaps this is a private window. It works all the same, but values are kept in memory only and are lost with the tab.',
      ),
    );
  }
  if (abilities.engine === 'firefox') {
    notices.push(know('In Firefox', 'A tab that is not in front may be slowed down. A window of its own helps.'));
  }
  if (abilities.engine === 'safari') {
    notices.push(
      know(
        'In Safari',
        'A tab that is not in front is slowed down; iPhones and iPads stop it altogether. After seven days without a visit, Safari removes what is kept here.',
      ),
    );
  }
  return notices;
}

function serverNotices(view: GateView): Notice[] {
  const { news, pageVersion, nowMs } = view;
  if (news.kind === 'asking') return [];
  if (news.kind === 'away') {
    const trouble = clipText(news.trouble, TROUBLE_LENGTH);
    const remainingMs = news.retryAtMs - nowMs;
    const next = remainingMs > 0 ? `Next try in ${formatCountdown(remainingMs)}.` : 'Trying now…';
    return [stop('The server does not answer', ...(trouble === '' ? [] : [`Reason: ${trouble}.`]), next)];
  }
  switch (compareVersions(news.info.protocolVersion, pageVersion)) {
    case 'server-is-newer':
      return [
        stop(
          'This page is older than the server',
          'Your browser shows an old copy of it. Load it again without the copy: Ctrl+Shift+R, on a Mac ⌘+Shift+R.',
        ),
      ];
    case 'server-is-older':
      return [
        stop(
          'The server is older than this page',
          'Perhaps it is being renewed. Load the page again in a few minutes, or tell the operator.',
        ),
      ];
    case 'same':
      return [];
  }
}

function keyNotices(view: GateView): Notice[] {
  if (view.news.kind !== 'known' || view.hasKey) return [];
  if (view.news.info.isPublic) {
    return [
      know(
        'This cluster is open to everybody',
        'Without its key this browser counts as a stranger: only jobs that allow strangers run here.',
      ),
    ];
  }
  return [stop('This cluster is private', 'Ask its owner for the donate link or QR code.')];
}

function decideKeyField(isReachable: boolean, key: readonly Notice[]): Gate['keyField'] {
  if (!isReachable) return 'hidden';
  return key.some((notice) => notice.tone === 'stop') ? 'needed' : 'offered';
}

/** See above. */
export function judgeStart(view: GateView): Gate {
  const { abilities, news } = view;
  const browser = abilities === undefined ? [] : browserStops(abilities, view);
  const canEver = browser.length === 0;
  if (!canEver) {
    return { canStart: false, canEver, blockers: browser, notices: [], keyField: 'hidden', canAskAgain: false };
  }
  const blockers = serverNotices(view);
  const isReachable = news.kind === 'known' && blockers.length === 0;
  const key = isReachable ? keyNotices(view) : [];
  const keyField = decideKeyField(isReachable, key);
  return {
    canStart: abilities !== undefined && isReachable && keyField !== 'needed',
    canEver,
    blockers,
    notices: [...key, ...(abilities === undefined ? [] : browserLimits(abilities))],
    keyField,
    canAskAgain: news.kind === 'away',
  };
}
