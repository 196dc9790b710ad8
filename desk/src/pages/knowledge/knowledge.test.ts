import { describe, expect, it } from 'vitest'
import { endsOf, excerpt, hits, nextDue, servedAt, underWay, type Line } from './article'
import { rowsOf } from './diff'

const NOW = Date.parse('2026-11-29T10:00:00+08:00')
const version = (number: number, more: Partial<Line>) => ({ number, state: 'published', published_at: null, serves_from: null, serves_until: null, ...more }) as Line

describe('articles', () => {
  it('are valid to the end of their last day in China', () => {
    expect(endsOf(null, NOW)).toBeNull()
    expect(endsOf('2026-11-29', NOW)).toEqual({ clock: 'warned', days: 0 })
    expect(endsOf('2026-11-28', NOW)).toEqual({ clock: 'late', days: -1 })
    expect(endsOf('2027-06-01', NOW)?.clock).toBe('ok')
  })

  it('say what the last version to begin says, unless it was withdrawn', () => {
    const first = version(1, { serves_from: '2026-01-01T00:00:00Z' })
    const second = version(2, { serves_from: '2026-11-01T00:00:00Z' })
    const coming = version(3, { serves_from: '2026-12-09T00:00:00Z' })
    expect(servedAt([first, second, coming], NOW)?.number).toBe(2)
    expect(servedAt([first, { ...second, serves_until: '2026-11-20T00:00:00Z' }], NOW)).toBeNull()
    const ahead = '2026-11-29T10:00:20+08:00'
    expect(servedAt([version(1, { published_at: ahead, serves_from: ahead })], NOW)?.number).toBe(1)
    expect(underWay([first, version(2, { state: 'submitted' })])?.number).toBe(2)
  })

  it('fall due with their validity or with a gap, whichever is first', () => {
    const gap = { state: 'assigned', due_at: '2026-12-04T16:00:00Z' } as const
    expect(nextDue('2026-12-31', [gap], NOW)?.what).toBe('gap')
    expect(nextDue('2026-12-01', [gap], NOW)?.what).toBe('valid')
    expect(nextDue(null, [{ ...gap, state: 'fixed' }], NOW)).toBeNull()
    expect(nextDue(null, [{ ...gap, due_at: '2026-11-27T16:00:00Z' }], NOW)?.clock).toBe('late')
  })

  it('show where the words stand that were looked for', () => {
    expect(hits('停水怎么办', '停水 怎么')).toEqual([{ text: '停水', hit: true }, { text: '怎么', hit: true }, { text: '办', hit: false }])
    expect(hits('a(b)', '(')[1]).toEqual({ text: '(', hit: true })
    expect(excerpt(`${'前'.repeat(40)}公告${'后'.repeat(200)}`, '公告')).toMatch(/^…前{20}公告后+…$/)
  })
})

describe('a difference', () => {
  it('marks within a line only what changed', () => {
    expect(rowsOf(['  先看公告。', '- 打12345。', '+ 打12319。'])).toEqual([
      { sign: 'same', parts: [{ text: '先看公告。', marked: false }] },
      { sign: 'gone', parts: [{ text: '打123', marked: false }, { text: '45', marked: true }, { text: '。', marked: false }] },
      { sign: 'new', parts: [{ text: '打123', marked: false }, { text: '19', marked: true }, { text: '。', marked: false }] },
    ])
  })
})
