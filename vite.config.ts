/*
 * How the pages for browsers are built: those below web/, to dist/web/, each with its own module workers. The two
 * classic scripts of the sandbox are built beside it: see scripts/build-web.ts.
 */

import path from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root: path.join(root, 'web'),
  base: '/',
  publicDir: false,
  plugins: [react()],
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
    // The code editor, loaded when somebody opens it.
    chunkSizeWarningLimit: 600,
    rolldownOptions: { input: ['donate', 'dashboard'].map((page) => path.join(root, 'web', page, 'index.html')) },
  },
});
