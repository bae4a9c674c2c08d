/**
 * Every state the page can be in, by the name that `?state=` takes.
 */
import type { BrowserAbilities } from '#client/host/browser/donor.ts';
import { STOPPED, type ProblemCode, type TabJob, type TabStatus } from '#client/host/browser/tab-status.ts';

/** See above; what is left out is as on a common laptop at a private cluster, with the key in the link. */
export interface Scenario {
  readonly status?: TabStatus;
  readonly abilities?: Partial<BrowserAbilities>;
  readonly isPublic?: boolean;
  readonly hasKey?: boolean;
  readonly isServerAway?: boolean;
  readonly serverVersion?: number;
  readonly runsElsewhere?: boolean;
}

const job = (number: number, name: string, submitter: string, purpose: string, counts: [number, number]): TabJob => ({
  job: number,
  name,
  submitter,
  purpose,
  runningTasks: counts[0],
  doneTasks: counts[1],
});

const JOBS = [
  job(
    12,
    'protein-folding',
    'Ada Lindqvist, Uppsala',
    'Searches for shapes of a protein that a virus needs to enter a cell.',
    [2, 1284],
  ),
  job(9, 'digits', 'Ben', 'Trains a small network that reads handwritten digits.', [1, 310]),
  job(7, 'render', '', '', [0, 42]),
  job(4, 'weather-ensemble', 'Institute for Weather', '', [0, 7]),
];

const BUSY: TabStatus = {
  ...STOPPED,
  phase: 'joined',
  session: 17,
  nodeName: 'quiet-otter',
  cores: 4,
  gpu: { vendor: 'nvidia', architecture: 'ampere', isFallback: false, isOffered: false },
  jobs: JOBS,
  runningTasks: 3,
  queuedTasks: 12,
  doneTasks: 1643,
  failedTasks: 2,
  busyCores: 2.83,
  jobMemoryBytes: 213e6,
  storeMemoryBytes: 34.2e6,
  storeDiskBytes: 412e6,
  sentBytes: 12.3e6,
  receivedBytes: 87.9e6,
  upMs: 8_040_000,
};

const IDLE: TabStatus = {
  ...BUSY,
  jobs: [],
  runningTasks: 0,
  queuedTasks: 0,
  doneTasks: 0,
  failedTasks: 0,
  busyCores: 0,
};
const RESTING = {
  runningTasks: 0,
  queuedTasks: 0,
  busyCores: 0,
  jobs: JOBS.map((each) => ({ ...each, runningTasks: 0 })),
};

const failed = (code: ProblemCode, message: string): TabStatus => ({
  ...STOPPED,
  phase: 'failed',
  problem: { code, message },
});

const NASTY = [
  job(
    1,
    '<img src=x onerror=alert(1)>'.repeat(9),
    `${'\u202e'}live${'\u0000'} ${'x'.repeat(400)}`,
    '<b>bold</b> '.repeat(90),
    [3, 5],
  ),
  job(2, 'مشروع الطقس', 'جامعة القاهرة', 'حساب الطقس للأيام القادمة (2026).', [1, 12]),
  job(3, '手書き数字の学習', '東京の研究室', '手書きの数字を読む小さなネットワークを学習させる。', [0, 1_234_567]),
];

/** See above. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  intro: {},
  'intro-one-core': { abilities: { cores: 1, hasBattery: false, hasWebGpu: false } },
  'intro-no-key': { hasKey: false },
  'intro-public': { hasKey: false, isPublic: true },
  'intro-insecure': { abilities: { isSecureContext: false, hasWebLocks: false, hasWebGpu: false, hasBattery: false } },
  'intro-old-browser': { abilities: { hasWebLocks: false } },
  'intro-firefox': { abilities: { engine: 'firefox', hasBattery: false, hasIndexedDb: false } },
  'intro-safari': { abilities: { engine: 'safari', hasBattery: false } },
  'intro-away': { isServerAway: true },
  'intro-newer': { serverVersion: 3 },
  'intro-older': { serverVersion: 1 },
  running: { status: BUSY },
  waiting: { status: IDLE },
  stranger: { status: { ...IDLE, isTrusted: false }, isPublic: true, hasKey: false },
  connecting: { status: { ...STOPPED, phase: 'connecting', cores: 4 } },
  'connecting-away': {
    status: { ...STOPPED, phase: 'connecting', cores: 4, retryInMs: 7400, trouble: 'connection refused' },
  },
  paused: { status: { ...BUSY, ...RESTING, phase: 'paused', pauseReasons: ['user'] } },
  snoozed: {
    status: { ...BUSY, ...RESTING, phase: 'paused', pauseReasons: ['snooze'], snoozedUntilMs: Date.now() + 10_800_000 },
  },
  battery: { status: { ...BUSY, phase: 'paused', pauseReasons: ['battery'], queuedTasks: 0 } },
  away: { status: { ...BUSY, phase: 'reconnecting', retryInMs: 12_000, trouble: 'the connection was lost' } },
  elsewhere: { status: BUSY, runsElsewhere: true },
  'elsewhere-unknown': { status: STOPPED, runsElsewhere: true },
  'failed-key': { status: failed('key', 'wrong join key') },
  'failed-version': { status: failed('version', 'the server speaks 3 to 4, this page 2') },
  'failed-taken-over': { status: failed('taken-over', '') },
  'failed-sandbox': { status: failed('sandbox', 'the frame did not answer within 10 s') },
  'failed-other': { status: failed('other', 'the storage of this browser is damaged') },
  nasty: { status: { ...BUSY, jobs: NASTY, nodeName: 'n'.repeat(300), storeDiskBytes: 4e12, doneTasks: 123_456_789 } },
};

/** What a status of the scenarios looks like after Start. */
export const AFTER_START = IDLE;
