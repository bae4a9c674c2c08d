// Which tests exist and where each kind runs. Projects are named after the place: `node` and `chromium` run the same
// isomorphic files, apart from those whose name says that they need one of the two. End-to-end tests start real processes
// on real ports, so they run one file at a time, after the quick ones.

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

import { chromiumArguments, findChromium, softwareGpuArguments } from './scripts/chromium.ts';

const SECOND_MS = 1000;

// The package imports itself by name in examples and tests; here that means the source, not dist/.
const conditions = ['daylight-source', 'node', 'module', 'default'];

export default defineConfig({
  test: {
    reporters: ['default'],
    passWithNoTests: false,
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'node',
          environment: 'node',
          include: ['{shared,client,server,web,datasets,scripts,bench,examples,e2e/simulation}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
          testTimeout: 20 * SECOND_MS,
          hookTimeout: 20 * SECOND_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { conditions: ['daylight-source', 'browser', 'module', 'default'] },
        // What only the entry of a worker imports is not found before it runs, and would then reload the page.
        optimizeDeps: { include: ['comlink', 'idb', 'socket.io-client'] },
        test: {
          name: 'chromium',
          include: ['{shared,client,web}/**/*.test.ts', 'examples/**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/*.node.test.ts'],
          testTimeout: 20 * SECOND_MS,
          hookTimeout: 20 * SECOND_MS,
          sequence: { groupOrder: 1 },
          // One page for all files: an own one for each takes half as long again.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                // Without one the browser that is named here is not found, which is the message to give.
                executablePath: findChromium() ?? 'chromium',
                args: [...chromiumArguments, ...softwareGpuArguments],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['e2e/**/*.e2e.ts'],
          globalSetup: ['e2e/fixtures/web-build.ts'],
          fileParallelism: false,
          pool: 'forks',
          testTimeout: 180 * SECOND_MS,
          hookTimeout: 60 * SECOND_MS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
