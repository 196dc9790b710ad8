import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, URL } from 'node:url'
import { gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { defineConfig, type Plugin } from 'vite'
import { configDefaults } from 'vitest/config'

const instance = process.env.HOTLINE_URL ?? 'http://127.0.0.1:8012'

/** A .gz beside every text file: the server sends it as it is. */
function gzipped(): Plugin {
  return {
    name: 'hotline-gzip',
    apply: 'build',
    writeBundle(options) {
      const folder = options.dir ?? 'dist'
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|html|json|webmanifest)$/.test(name)) continue
        const text = readFileSync(join(folder, name))
        if (text.length > 1024) writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  plugins: [vue(), ElementPlus({}), gzipped()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'true',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
    __INTLIFY_JIT_COMPILATION__: 'true', // messages are interpreted: the page forbids eval
  },
  build: {
    outDir: process.env.HOTLINE_DESK_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // a data: address in a style sheet would need a wider policy
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/api': { target: instance, ws: true, secure: false },
      '/sip': { target: instance, ws: true, secure: false },
      '/health': { target: instance, secure: false },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    exclude: configDefaults.exclude,
    restoreMocks: true,
    testTimeout: 10_000,
    setupFiles: ['src/testing.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})

