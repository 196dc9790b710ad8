import { describe, expect, it } from 'vitest'
import { dayOf, kindOf, monthsBetween, spansOf, weeksOf } from './days'

const years = { 2026: { rest: { '2026-10-01': '国庆节放假' }, make_up: { '2026-10-10': '调休上班（国庆节）' } } }

describe('days', () => {
  it.each([
    ['2026-10-01', 'rest'],
    ['2026-10-10', 'makeUp'],
    ['2026-10-11', 'weekend'],
    ['2026-10-12', 'work'],
    ['2027-01-02', 'weekend'],
  ])('%s is %s', (date, kind) => expect(kindOf(date, years)).toBe(kind))

  it('a month is whole weeks from Monday on', () => {
    const weeks = weeksOf(2026, 11)
    expect(weeks.every((week) => week.length === 7)).toBe(true)
    expect(weeks[0]?.[6]).toBe('2026-11-01')
    expect(weeks.at(-1)?.[0]).toBe('2026-11-30')
  })

  it('months run over the turn of the year', () => {
    expect(monthsBetween('2026-11-30', '2027-01-02').map((one) => one.month)).toEqual([11, 12, 1])
  })

  it('24:00 is of the day that ends, one minute later of the next', () => {
    expect(dayOf('2026-10-13T16:00:00Z')).toBe('2026-10-13')
    expect(dayOf('2026-10-13T16:01:00Z')).toBe('2026-10-14')
  })

  it('a weekend between days off belongs to them, a worked one does not', () => {
    const days = { '2026-10-02': '国庆', '2026-10-05': '国庆' }
    expect(spansOf(days)).toEqual([{ name: '国庆', from: '2026-10-02', to: '2026-10-05' }])
    expect(spansOf(days, { '2026-10-04': '调休上班' })).toHaveLength(2)
  })

  it('days off in a row are one span', () => {
    expect(spansOf({ '2026-10-02': '国庆', '2026-10-01': '国庆', '2026-09-25': '中秋' })).toEqual([
      { name: '中秋', from: '2026-09-25', to: '2026-09-25' },
      { name: '国庆', from: '2026-10-01', to: '2026-10-02' },
    ])
  })
})
