// One script of a module of the desk, for a test to bring into a page: node bundle.mjs MODULE NAME OUT
import { fileURLToPath } from 'node:url'
import { build } from '../../desk/node_modules/vite/dist/node/index.js'

const [module, name, out] = process.argv.slice(2)
const desk = fileURLToPath(new URL('../../desk', import.meta.url))
await build({
  root: desk,
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  resolve: { alias: { '@': `${desk}/src` } },
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: out,
    emptyOutDir: true,
    minify: false,
    lib: { entry: `${desk}/src/${module}`, formats: ['iife'], name, fileName: () => 'bundle.js' },
    rolldownOptions: { output: { codeSplitting: false } },
  },
})
