import { describe, expect, it } from 'vitest'
import en from './en.json'
import zh from './zh.json'
import { asAbout, DEEDS, LOOKS, sortOf } from './kinds'

describe('what is asked about', () => {
  it('is a number without the spaces people write into it', () => {
    expect(asAbout(' 139 0735 1234 ')).toBe('13907351234')
    expect(asAbout('0735-2345678')).toBe('07352345678')
  })
  it('stays a ticket’s number or an id', () => {
    expect(asAbout('20261121-048315 ')).toBe('20261121-048315')
    expect(asAbout('tkt_01KB3V5M2R8Q4T6W9Y0A')).toBe('tkt_01KB3V5M2R8Q4T6W9Y0A')
  })
})

describe('an id', () => {
  it('tells of what sort it is', () => {
    expect([sortOf('tkt_1'), sortOf('call_1'), sortOf('chenzhou.rsj'), sortOf('8001')]).toEqual(['ticket', 'call', '', ''])
  })
})

describe('the words', () => {
  it('name every group', () => {
    for (const words of [zh, en]) {
      expect(DEEDS.filter((one) => !(one in words.deed))).toEqual([])
      expect(LOOKS.filter((one) => !(one in words.look))).toEqual([])
    }
  })
})
