import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The page runs under a content security policy without inline script or style: nothing may be inlined.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1', // also where no name is known for it
    proxy: { '/api': 'http://127.0.0.1:5000' },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
  },
});
