// A real Chromium on a fresh profile whose one tab is lent to the cluster of a row, as its user would do it: the donate page
// with the key in its address, then a click on Start.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Browser } from '../../e2e/fixtures/browser.ts';
import { DonatePage, type KnownNode } from '../../e2e/fixtures/donate.ts';
import { Processes } from '../../e2e/fixtures/processes.ts';
import type { ClusterAddress } from './cluster.ts';

/** A node as the API tells of it, as far as it is used here. */
interface NodeRow extends KnownNode {
  readonly cpus: number;
}

/** A browser with the donate page open. */
export interface DonatingBrowser {
  readonly page: DonatePage;
  /** Id of the process group of the browser. */
  readonly group: number;
  /** Ends the browser and removes its profile. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tab that has joined. */
export interface LentTab extends DonatingBrowser {
  readonly cpus: number;
}

/** The nodes that the server knows. */
export async function listNodes({ url, operatorToken }: ClusterAddress): Promise<NodeRow[]> {
  const response = await fetch(`${url}/api/v1/nodes?limit=1000`, {
    headers: { authorization: `Bearer ${operatorToken}` },
  });
  if (!response.ok) throw new Error(`the list of nodes: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { items: NodeRow[] }).items;
}

/** Starts a browser and opens the donate page; Start is not pressed. */
export async function openDonatePage(server: ClusterAddress): Promise<DonatingBrowser> {
  const profile = await mkdtemp(path.join(tmpdir(), 'daylight-bench-profile-'));
  const processes = new Processes();
  const stop = async (browser?: Browser): Promise<void> => {
    await browser?.close().catch(() => undefined);
    await processes.killAll();
    await processes.noneLeft();
    await rm(profile, { recursive: true, force: true });
  };
  let browser: Browser | undefined;
  try {
    browser = await Browser.start(processes, { profile });
    const page = await DonatePage.open(browser, server.donateUrl);
    return { page, group: browser.group, [Symbol.asyncDispose]: () => stop(browser) };
  } catch (error) {
    await stop(browser);
    throw error;
  }
}

/** The same with Start pressed; resolves when the server knows the tab. */
export async function lendTab(server: ClusterAddress): Promise<LentTab> {
  const browser = await openDonatePage(server);
  try {
    const { cpus } = await browser.page.start({ nodes: () => listNodes(server) });
    return { ...browser, cpus };
  } catch (error) {
    await browser[Symbol.asyncDispose]();
    throw error;
  }
}
