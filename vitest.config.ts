// Which tests exist and where each kind runs. Projects are named after the place: `node` here, `chromium`
// (the same isomorphic files in a browser) and others can join the list without touching it. End-to-end tests
// start real processes on real ports, so they run one file at a time, after the quick ones.

import { defineConfig } from 'vitest/config';

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
          include: ['{shared,client,server,scripts,bench,examples}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.browser.test.ts'],
          testTimeout: 20 * SECOND_MS,
          hookTimeout: 20 * SECOND_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['e2e/**/*.e2e.ts'],
          fileParallelism: false,
          pool: 'forks',
          testTimeout: 180 * SECOND_MS,
          hookTimeout: 60 * SECOND_MS,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
