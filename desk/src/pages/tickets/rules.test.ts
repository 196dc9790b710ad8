import { describe, expect, it } from 'vitest'
import { rungOf } from '@/pages/office/rungs'
import { colourOf, lastDay, leftUntil } from './clock'
import { addressed } from './gate'
import { laneOf, peaksOf } from './peaks'
import { addressOf, askedOf, filterOf } from './query'
import { factsOf, fieldsOf, inOrder, kindOf, missingOf, type Option } from './steps'

const NOW = Date.parse('2026-11-24T10:00:00+08:00')
const at = (colour: string, when: string) => ({ colour, at: when })
const ticket = (state: string, due_at: string | null, cards: unknown[] = []) => ({ state, due_at, cards })
const option = (action: string, needs: string[], may: string[] = [], choices: Record<string, string[]> = {}) => ({ action, needs, may, choices }) as Option

describe('the colour of a clock', () => {
  it('is the gravest card that fell, and none where nothing runs', () => {
    const cards = [at('warning', '2026-11-23T00:00:00+08:00'), at('yellow', '2026-11-24T00:00:00+08:00'), at('red', '2026-11-25T00:00:00+08:00')]
    expect(colourOf(ticket('signed', '2026-11-26T00:00:00+08:00', cards), NOW)).toBe('yellow')
    expect(colourOf(ticket('signed', '2026-11-26T00:00:00+08:00', []), NOW)).toBe('ok')
    expect(colourOf(ticket('filed', '2026-11-24T00:00:00+08:00', []), NOW)).toBe('late')
    expect(colourOf(ticket('resolved', '2026-11-20T00:00:00+08:00', cards), NOW)).toBeNull()
  })

  it('tells how long is left or over', () => {
    expect(leftUntil('2026-11-25T11:30:00+08:00', NOW)).toMatchObject({ late: false, unit: 'days', days: 1, hours: 1 })
    expect(leftUntil('2026-11-24T09:30:00+08:00', NOW)).toMatchObject({ late: true, unit: 'minutes', minutes: 30 })
  })

  it('a deadline at midnight ends the day before', () => {
    const found = lastDay('2026-11-27T00:00:00+08:00')
    expect(found.midnight).toBe(true)
    expect(found.at.toISOString().slice(0, 10)).toBe('2026-11-26')
  })
})

describe('a form', () => {
  const dispatch = option('dispatch', ['unit'], ['note', 'until', 'term', 'term_basis'], { term: ['shorter', 'statutory'] })

  it('shows the parts of a named deadline once its kind is chosen', () => {
    expect(fieldsOf(dispatch, {}).map((one) => one.fact)).toEqual(['unit', 'note', 'term'])
    const named = fieldsOf(dispatch, { term: 'statutory' })
    expect(named.map((one) => one.fact)).toEqual(['unit', 'note', 'until', 'term', 'term_basis'])
    expect(missingOf(named, { unit: 'SW', term: 'statutory' })).toEqual(['until'])
  })

  it('sends what was written and nothing that was left empty', () => {
    const fields = [{ fact: 'unit' }, { fact: 'note' }, { fact: 'site' }, { fact: 'reached' }]
    expect(factsOf(fields, { unit: ' SW ', note: ' ', site: false, reached: false })).toEqual({ unit: 'SW', reached: false })
  })

  it('tells again only what of the matter is corrected, and then why', () => {
    const flagged = option('dispatch', ['unit'], ['note', 'on_site', 'complex'])
    const asFiled = { unit: 'SW', complex: true }
    expect(factsOf(fieldsOf(flagged, asFiled, ['complex']), asFiled, ['complex'])).toEqual({ unit: 'SW' })
    const other = { unit: 'SW', complex: false, on_site: true }
    const fields = fieldsOf(flagged, other, ['complex'])
    expect(missingOf(fields, other)).toEqual(['note'])
    expect(factsOf(fields, { ...other, note: '只问电话' }, ['complex'])).toEqual({ unit: 'SW', note: '只问电话', on_site: true, complex: false })
  })

  it('a return after a site check asks what was found there', () => {
    const back = option('return', ['reason'], ['basis', 'on_site', 'evidence'])
    expect(fieldsOf(back, {}).map((one) => one.fact)).toEqual(['reason', 'basis', 'on_site'])
    const claimed = { reason: '不属本单位', on_site: true }
    expect(missingOf(fieldsOf(back, claimed), claimed)).toEqual(['evidence'])
    expect(factsOf(fieldsOf(back, claimed), claimed)).toEqual(claimed)
  })

  it('a needed flag must be ticked', () => {
    expect(missingOf([{ fact: 'reasonable', needed: true }], { reasonable: false })).toEqual(['reasonable'])
  })

  it('knows which control a fact is', () => {
    expect(kindOf('cause', { cause: ['bad_grade'] })).toBe('choice')
    expect(kindOf('unit', {})).toBe('unit')
    expect(kindOf('until', {})).toBe('moment')
    expect(kindOf('reason', {})).toBe('text')
  })

  it('puts what is done most first and what ends a ticket behind more', () => {
    const { first, more } = inOrder([option('withdraw', []), option('return', ['reason']), option('sign', [])])
    expect(first.map((one) => one.action)).toEqual(['sign', 'return'])
    expect(more.map((one) => one.action)).toEqual(['withdraw'])
  })
})

describe('a list', () => {
  it('keeps its filters in the address and takes nothing it does not know', () => {
    const filter = filterOf({ search: '停水', clock: 'overdue', type: 'gossip', offset: '-3', states: 'open' })
    expect(addressOf(filter)).toEqual({ search: '停水', clock: 'overdue', states: 'open' })
    const asked = askedOf(filter, NOW)
    expect(asked).toMatchObject({ order: 'due_at', direction: 'asc', due_before: '2026-11-24T02:00:00.000Z' })
    expect(asked?.state).toContain('replied')
    const red = askedOf(filterOf({ clock: 'red' }), NOW)
    expect(red).toMatchObject({ card: 'red', order: 'due_at' })
    expect(red?.state).not.toContain('replied')
  })
})

describe('the reply gate', () => {
  it('says of each demand whether the reply comes back to it', () => {
    const found = addressed(['恢复供水', '退还水费'], [{ kind: 'unaddressed', evidence: ['退还水费'] }], true)
    expect(found.map((one) => one.state)).toEqual(['met', 'open'])
    expect(addressed(['恢复供水'], [], false)[0]?.state).toBe('unsaid')
  })
})

describe('a dispute', () => {
  const event = (action: string, facts = {}) => ({ id: '', name: 'ticket.stepped', at: '', actor: '', by: '', payload: { action, facts } })

  it('stands on the rung it reached since it came to the board last', () => {
    expect(rungOf([event('dispute'), event('escalate', { rung: 'office' })])).toBe('office')
    expect(rungOf([event('dispute'), event('escalate', { rung: 'office' }), event('decide'), event('dispute')])).toBe('meeting')
  })
})

describe('a recording as a picture', () => {
  it('shows the loudest of each stretch', () => {
    const peaks = peaksOf(Float32Array.from([0, 0.5, -1, 0]), 2)
    expect(peaks).toEqual([0.5, 1])
    expect(laneOf(peaks, 20, 10)).toBe('M0 15.0V25.0M1 10.0V30.0')
  })
})
