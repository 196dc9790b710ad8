import { describe, expect, it } from 'vitest'

const files = import.meta.glob<Record<string, unknown>>(['../locales/*.json', '../pages/*/*.json'], { eager: true, import: 'default' })
const sources = import.meta.glob<string>(['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../api/schema.d.ts'], { eager: true, query: '?raw', import: 'default' })

function keys(words: unknown, at = ''): string[] {
  if (typeof words === 'string') return [at]
  return Object.entries(words as object).flatMap(([name, more]) => keys(more, at ? `${at}.${name}` : name))
}
const folders = [...new Set(Object.keys(files).map((name) => name.replace(/\/(zh|en)\.json$/, '')))]

describe('words', () => {
  it.each(folders)('%s has the same in both languages', (folder) => {
    const chinese = files[`${folder}/zh.json`]
    const english = files[`${folder}/en.json`]
    expect(keys(english).sort()).toEqual(keys(chinese).sort())
    for (const key of keys(english)) expect(key, key).not.toMatch(/^$/)
  })

  it.each(folders)('%s: English holds no Chinese', (folder) => {
    const told = JSON.stringify(files[`${folder}/en.json`])
    expect(told.match(/[\u4e00-\u9fff]+/g)).toBeNull()
  })

  it('every key a page asks for is there', () => {
    const known = new Set(
      Object.entries(files).flatMap(([name, words]) => {
        const area = /pages\/([^/]+)\//.exec(name)?.[1]
        return keys(words).map((key) => (area ? `${area}.${key}` : key))
      }),
    )
    const asked = Object.entries(sources).flatMap(([name, text]) =>
      [...text.matchAll(/\bt\('([A-Za-z0-9_.]+)'/g)].map((found) => [found[1] ?? '', name] as const),
    )
    expect(asked.length).toBeGreaterThan(20)
    expect(asked.filter(([key]) => !known.has(key))).toEqual([])
  })
})
