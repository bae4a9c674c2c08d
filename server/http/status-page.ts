/**
 * A small page that shows the cluster live to whoever has the operator's token: plain HTML, one style sheet, one script,
 * nothing inline, so that the content policy can forbid everything else.
 */
import { isLoopbackName } from './host-name.ts';

const HEAD = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Daylight</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">`;
const MARK = `<svg viewBox="0 0 24 24" width="30" height="30" aria-hidden="true"><circle cx="12" cy="12" r="5" fill="currentColor"/><g stroke="currentColor" stroke-width="2" stroke-linecap="round"><path d="M12 1.5v3M12 19.5v3M1.5 12h3M19.5 12h3M4.6 4.6l2.1 2.1M17.3 17.3l2.1 2.1M4.6 19.4l2.1-2.1M17.3 6.7l2.1-2.1"/></g></svg>`;
const INTRODUCTION = `<p class="lead">Many rays make daylight: tasks, actors and shared objects on machines that people lend.</p>`;

/** What the operator hands on to people who lend a browser. */
export interface DonateLinks {
  /** With the join key. */
  readonly donateUrl: string;
  /** Without it: enough in a public cluster. */
  readonly openUrl: string;
  readonly isPublic: boolean;
}

/** For somebody without the token. */
export function strangerPage(isPublic: boolean): string {
  const lend = isPublic
    ? `
<section class="card"><h2>Lend this browser</h2><p>Anyone may lend computing time to this cluster: <a href="/donate">open the page that does it</a>. Nothing starts by itself.</p></section>`
    : '';
  return `<!doctype html><html lang="en"><head>${HEAD}</head><body><header>${MARK}<h1>Daylight</h1></header><main>${INTRODUCTION}
<section class="card"><h2>This cluster is running</h2><p>To look inside you need its operator token. Open the link that the server printed when it started; it ends in <code>?token=…</code>.</p></section>${lend}</main></body></html>`;
}

/** The link for browsers, to click, to copy and to photograph. */
function lendSection({ donateUrl, openUrl, isPublic }: DonateLinks): string {
  const link = (url: string): string => `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`;
  const shown = isPublic ? openUrl : donateUrl;
  const words = isPublic
    ? `<p>Anyone may join here: ${link(openUrl)}</p><p>Whoever has this link is trusted with every job, so keep it to people you trust: ${link(donateUrl)}</p>`
    : `<p>Open this link in a browser of a machine that may compute for you. It holds the join key, so give it only to people you trust: ${link(donateUrl)}</p>`;
  const warning = isSecureForBrowsers(shown)
    ? ''
    : '<p class="notice">Browsers on other machines need https: start the server with --tls-cert and --tls-key or put a proxy in front of it (docs/guides/reverse-proxy.md).</p>';
  return `<section class="card lend" id="lend"><div><h2>Lend a browser</h2>${words}${warning}</div><img src="/donate-qr.svg" width="180" height="180" alt="QR code of the link ${isPublic ? 'for anyone' : 'with the key'}"></section>`;
}

/** Whether the page behind the link may use Web Locks and WebGPU: a secure context. */
function isSecureForBrowsers(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopbackName(hostname);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** For the operator. */
export function statusPage(links: DonateLinks): string {
  const table = (id: string, title: string, columns: readonly string[]): string =>
    `<section class="card"><h2>${title}</h2><div class="scroll"><table id="${id}"><thead><tr>${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead><tbody></tbody></table></div><p class="empty" id="${id}-empty" hidden>None yet.</p></section>`;
  return `<!doctype html><html lang="en"><head>${HEAD}</head><body><header>${MARK}<h1>Daylight</h1><span id="connection" role="status"></span></header><main>${INTRODUCTION}
<section class="tiles" id="tiles" aria-label="Cluster"></section><p id="notice" class="notice" hidden></p>
${table('nodes', 'Nodes', ['Node', 'Role', 'State', 'CPUs', 'Running', 'Done', 'Memory'])}
${lendSection(links)}
${table('jobs', 'Jobs', ['Job', 'For', 'Status', 'Started', 'Tasks done', 'Failed', ''])}
${table('tasks', 'Latest tasks', ['Task', 'Function', 'State', 'Node', 'Attempts', 'Time'])}
</main><footer>The same as JSON: <a href="/api/v1/cluster">/api/v1/cluster</a> · <a href="/metrics">/metrics</a></footer><script src="/script.js"></script></body></html>`;
}

export const PAGE_STYLE = `:root{color-scheme:light dark;--bg:#faf9f6;--card:#fff;--ink:#22201c;--soft:#6d675d;--line:#e6e1d8;--sun:#c77700;--good:#24743f;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--bg:#15161a;--card:#1e2026;--ink:#ecebe7;--soft:#a19c92;--line:#30333b;--sun:#ffb84d;--good:#7fd39a;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main,footer{max-width:68rem;margin:0 auto;padding:1rem 1.25rem}header{display:flex;align-items:center;gap:.6rem;color:var(--sun)}
h1{font-size:1.35rem;margin:0;color:var(--ink)}h2{font-size:1rem;margin:0 0 .6rem}.lead{margin:0 0 1.2rem;color:var(--soft)}
#connection{margin-left:auto;color:var(--soft);font-size:.85rem}.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.1rem;margin:0 0 1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:0 0 1rem}.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.7rem .9rem}
.tile b{display:block;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:.85rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:.85rem}tbody tr:last-child td{border-bottom:0}.empty{color:var(--soft);margin:.4rem 0 0}
.good{color:var(--good)}.bad{color:var(--bad)}.soft{color:var(--soft)}.notice{border-left:3px solid var(--sun);padding:.3rem .8rem}code{font-size:.95em}
button{font:inherit;color:var(--bad);background:none;border:1px solid var(--line);border-radius:6px;padding:0 .6rem;cursor:pointer}a{color:var(--sun);overflow-wrap:anywhere}
.lend{display:flex;flex-wrap:wrap;gap:1rem;justify-content:space-between;align-items:flex-start}.lend div{flex:1 1 20rem}.lend img{background:#fff;border-radius:8px}.wrap{white-space:normal;min-width:10rem}footer{color:var(--soft);font-size:.85rem}`;

export const PAGE_SCRIPT = `'use strict';
const REFRESH_MS = 1500;
const byId = (id) => document.getElementById(id);
const tone = { connected: 'good', running: 'good', succeeded: 'good', failed: 'bad', dead: 'soft', stopped: 'soft', disconnected: 'bad', cancelled: 'soft' };
const cell = (content, className) => {
  const td = document.createElement('td');
  if (className) td.className = className;
  td.append(content);
  return td;
};
const show = (id, rows) => {
  byId(id).tBodies[0].replaceChildren(...rows.map((cells) => {
    const tr = document.createElement('tr');
    tr.append(...cells);
    return tr;
  }));
  byId(id + '-empty').hidden = rows.length > 0;
};
const ask = async (path, options) => {
  const response = await fetch('/api/v1/' + path, options);
  if (!response.ok) throw new Error(response.status === 401 ? 'the token is no longer valid' : 'the server answered ' + response.status);
  return response.json();
};
const megabytes = (bytes) => (bytes > 0 ? Math.round(bytes / 1e6) + ' MB' : '');
const since = (iso) => (iso ? new Date(iso).toLocaleTimeString() : '');
const roleOf = (n) => (n.trusted ? n.role : n.role + ', stranger');
const stateOf = (n) => (n.paused && n.state === 'connected' ? 'paused' : n.state);
const stopButton = (job) => {
  if (job.status !== 'running') return '';
  const button = document.createElement('button');
  button.textContent = 'Stop';
  button.setAttribute('aria-label', 'Stop ' + job.name);
  button.addEventListener('click', () => {
    button.disabled = true;
    void ask('jobs/' + job.id + '/stop', { method: 'POST' }).then(refresh);
  });
  return button;
};
async function refresh() {
  try {
    const [cluster, nodes, jobs, tasks] = await Promise.all([ask('cluster'), ask('nodes?limit=50'), ask('jobs?limit=20'), ask('tasks?limit=25')]);
    const tiles = { Hosts: cluster.hosts, Tabs: cluster.tabs, CPUs: cluster.cpus, 'Running jobs': cluster.runningJobs, 'Unfinished tasks': cluster.unfinishedTasks, 'Tasks per second': Math.round(cluster.tasksPerSecond) };
    byId('tiles').replaceChildren(...Object.entries(tiles).map(([name, value]) => {
      const tile = document.createElement('div');
      tile.className = 'tile';
      const number = document.createElement('b');
      number.textContent = Number(value).toLocaleString();
      const label = document.createElement('span');
      label.textContent = name;
      tile.append(number, label);
      return tile;
    }));
    const notices = cluster.infeasible.map((each) => each.tasks + ' tasks ask for ' + each.demand + ': ' + each.reason);
    if (cluster.inGrace) notices.unshift('The server has just started and waits for the nodes it knew, at most 45 seconds');
    if (cluster.storage !== 'working') notices.unshift('The storage refuses to write: submitting waits until it works again');
    byId('notice').hidden = notices.length === 0;
    byId('notice').textContent = notices.join(' · ');
    show('nodes', nodes.items.filter((n) => n.state !== 'dead').map((n) => [cell(n.name), cell(roleOf(n)), cell(stateOf(n), tone[n.state]), cell(n.role === 'driver' ? '' : String(n.cpus)), cell(String(n.assignedTasks)), cell(String(n.executedTasks)), cell(megabytes(n.rssBytes))]));
    show('jobs', jobs.items.map((j) => [cell(j.name), cell([j.submitter, j.purpose].filter(Boolean).join(': '), 'wrap'), cell(j.status, tone[j.status]), cell(since(j.startedAt)), cell(j.finished + ' of ' + j.submitted), cell(String(j.failed), j.failed > 0 ? 'bad' : ''), cell(stopButton(j))]));
    show('tasks', tasks.items.map((t) => [cell(t.id), cell(t.fn), cell(t.state, tone[t.state]), cell(t.node ?? ''), cell(String(t.attempts)), cell(t.runMs === null ? '' : t.runMs + ' ms')]));
    byId('connection').textContent = 'live';
  } catch (error) {
    byId('connection').textContent = 'not connected: ' + error.message;
  }
}
const loop = () => void refresh().finally(() => setTimeout(loop, document.hidden ? REFRESH_MS * 10 : REFRESH_MS));
loop();
`;
