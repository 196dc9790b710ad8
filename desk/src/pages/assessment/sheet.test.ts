import { describe, expect, it } from 'vitest'
import { inYear, monthOf, periodOf, periodsOf } from './period'
import { barsOf, busy, costs, notesOf, number, ticketOf, worstFirst, type Item, type Sheet } from './sheet'

const NOW = Date.parse('2026-11-30T23:30:00+08:00')
const item = (name: string, full: number, points: number, by: Item['by'] = 'month') => ({ item: name, full: String(full), points: String(points), by, changes: [] }) as unknown as Item
const sheet = (unit: string, items: Item[], more: Partial<Sheet> = {}) =>
  ({
    unit_name: unit, items, shares: [], tallies: [], period: { kind: 'month' },
    points: String(items.filter((one) => one.by === 'month').reduce((sum, one) => sum + Number(one.points), 0)), ...more,
  }) as unknown as Sheet

const water = sheet('水务局', [item('sign', 3, 2.5), item('on_time', 29, 26), item('leaders', 2, 0, 'quarter')])
const roads = sheet('交通局', [item('sign', 3, 3), item('on_time', 29, 29)])

describe('sheets', () => {
  it('a month counts its own items, and says what cost most', () => {
    expect(costs(water)).toEqual([{ item: 'on_time', points: 3 }, { item: 'sign', points: 0.5 }])
    expect(busy(roads)).toBe(false)
  })

  it('notes name no setting of a file', () => {
    expect(notesOf(sheet('水务局', [], { notes: ['申诉期限未设定（assessment.appeal_within）：不受理', '（试行）'] }))).toEqual(['申诉期限未设定：不受理', '（试行）'])
  })

  it('who lost most stands first, in the list and in the picture', () => {
    expect(worstFirst([roads, water], '').map((one) => one.unit_name)).toEqual(['水务局', '交通局'])
    expect(barsOf([roads, water], 5, 5)).toEqual({ units: ['水务局'], series: [{ item: 'on_time', data: [3] }, { item: 'sign', data: [0.5] }] })
  })

  it('the smallest causes are put together', () => {
    const many = sheet('城管局', ['sign', 'return', 'reply', 'redo'].map((name, n) => item(name, 3, 2 - n / 2)))
    const { series } = barsOf([many], 5, 2)
    expect(series.map((one) => one.item)).toEqual(['redo', 'reply', 'other'])
    expect(series[2]?.data).toEqual([2.5])
  })

  it('of rates the lowest stands first, and who had nothing last', () => {
    const rate = (unit: string, percent: string | null) => sheet(unit, [], { points: null, shares: [{ name: 'on_time', percent }] as Sheet['shares'] })
    expect(worstFirst([rate('无', null), rate('高', '99.00'), rate('低', '50.00')], 'on_time').map((one) => one.unit_name)).toEqual(['低', '高', '无'])
  })

  it('a case leads to its ticket, also where it is about an event of one', () => {
    const one = sheet('水务局', [], { numbers: { tkt_1: '20261101-1' }, tickets: { ev_9: 'tkt_1' } })
    expect([ticketOf(one, 'tkt_1'), ticketOf(one, 'ev_9'), ticketOf(one, '2026-10')]).toEqual(['tkt_1', 'tkt_1', ''])
    expect([number('2.50'), number(null)]).toEqual(['2.5', '—'])
  })
})

describe('periods', () => {
  it('are those of China', () => {
    expect(monthOf(NOW)).toBe('2026-11')
    expect(monthOf(NOW + 3_600_000)).toBe('2026-12')
    expect([periodOf('2026-Q4', NOW), periodOf('2026-13', NOW)]).toEqual(['2026-Q4', '2026-11'])
  })

  it('have begun', () => {
    expect(periodsOf('2026', NOW).months[0]).toBe('2026-11')
    expect(periodsOf('2026', NOW).quarters).toEqual(['2026-Q4', '2026-Q3', '2026-Q2', '2026-Q1'])
    expect([inYear('2025-12', '2026', NOW), inYear('2026-Q1', '2025', NOW)]).toEqual(['2026-11', '2025-Q1'])
  })
})
