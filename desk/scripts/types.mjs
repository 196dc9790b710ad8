// src/api/schema.d.ts from our own OpenAPI text, made anew before every type-check: it can't be out of date. Not in git.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const PREFIX = '/api/v1'
const desk = dirname(dirname(fileURLToPath(import.meta.url)))
const project = dirname(desk)
const python = process.env.HOTLINE_PYTHON ?? join(resolve(project, process.env.HOTLINE_PARTS ?? '.hotline'), 'venv/bin/python')
if (!existsSync(python)) throw new Error('no Python environment yet: run ./hotline setup base')

const text = execFileSync(python, ['-m', 'app', 'openapi'], {
  cwd: project,
  env: { ...process.env, PYTHONPATH: project },
  timeout: 120_000,
  maxBuffer: 64 << 20,
  encoding: 'utf8',
})
const document = JSON.parse(text)
document.paths = Object.fromEntries(
  Object.entries(document.paths)
    .filter(([path]) => path.startsWith(PREFIX))
    .map(([path, item]) => [path.slice(PREFIX.length), item]),
)
const types = `// Made from our OpenAPI text by \`npm run types\`. Do not edit.\n${astToString(await openapiTS(document, { alphabetize: true }))}`
const file = join(desk, 'src/api/schema.d.ts')
if (!existsSync(file) || readFileSync(file, 'utf8') !== types) writeFileSync(file, types)
