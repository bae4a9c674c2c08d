/*
 * How the pages for browsers are built: those below web/, to dist/web/, each with its own module workers. The two
 * classic scripts of the sandbox are built beside it: see scripts/build-web.ts.
 */

import path from 'node:path';

import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root: path.join(root, 'web'),
  base: '/',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: path.join(root, 'dist', 'web'),
    emptyOutDir: true,
    // Beside the scripts, which do not name them: who debugs an installed server can load them by hand.
    sourcemap: 'hidden',
    // The pages' policy forbids `data:` addresses for all but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: [path.join(root, 'web', 'donate', 'index.html')] },
  },
});
