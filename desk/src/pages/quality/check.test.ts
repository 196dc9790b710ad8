import { describe, expect, it } from 'vitest'
import { dayOf, faultsOf, fresh, inOrder, placeOf, withinOf, wordsOf } from './check'

const finding = (rule: string, passed: boolean, applied = true) => ({ rule, name: rule, passed, applied, points: 5, clause: '', moments: [] })

describe('quality', () => {
  it('shows first what failed, last what had nothing to judge', () => {
    expect(inOrder([finding('a', true, false), finding('b', true), finding('c', false)]).map((one) => one.rule)).toEqual(['c', 'b', 'a'])
  })
  it('reads words by line or comma, each once', () => {
    expect(wordsOf('您好，你好\n 您好 、\n再见')).toEqual(['您好', '你好', '再见'])
  })
  it('says where something must be said, and back', () => {
    for (const within of [0, 15, -20]) {
      const { place, seconds } = placeOf(within)
      expect(withinOf(place, seconds)).toBe(within)
    }
  })
  it('gives a new rule an id that is free, and what its kind needs', () => {
    expect(fresh('silence', '003 二.13', ['rule_2', 'greeting'])).toMatchObject({ id: 'rule_3', most: 5 })
    expect(fresh('says', '003 二.13', [])).toMatchObject({ id: 'rule_1', most: 0 })
  })
  it('finds the field of a message, also below it', () => {
    const found = faultsOf([{ where: 'rules.3.words.0', message: '至多 40 字' }, { where: 'rules.3.words.1', message: '又' }, { where: 'pass_mark', message: '大' }])
    expect([...found]).toEqual([['rules.3.words', '至多 40 字'], ['pass_mark', '大']])
  })
  it('knows when a day begins and ends in China', () => {
    expect(dayOf('2026-12-31')).toEqual({ from: '2026-12-31T00:00:00+08:00', until: '2027-01-01T00:00:00+08:00' })
  })
})
