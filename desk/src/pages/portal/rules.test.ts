import { describe, expect, it } from 'vitest'
import { blank, gradable, isMobile, lacks, reached, ticketNumber } from './rules'

describe('what a citizen fills in', () => {
  it('is told in the order of the form what is missing', () => {
    expect(lacks(blank())).toEqual(['title', 'body', 'phone', 'code', 'agreed'])
    const whole = { ...blank(), title: '小区停水', body: '阳光小区二单元昨天起停水', phone: '138 1234 5678', code: '048315', agreed: true }
    expect(lacks(whole)).toEqual([])
    expect(lacks({ ...whole, title: '  停水 ' })).toEqual(['title'])
  })

  it('takes mobiles as people write them, and no other numbers', () => {
    expect(['13812345678', '+8613812345678', '138-1234-5678', '07352871234', '12345'].map(isMobile)).toEqual([true, true, true, false, false])
  })

  it('reads a ticket number with or without its hyphen', () => {
    expect(['20261121-048315', '20261121048315', '２０２６１１２１－０４８３１５', '2026-1'].map(ticketNumber)).toEqual([
      '20261121-048315', '20261121-048315', '20261121-048315', '',
    ])
  })

  it('shows how far a ticket has come, and none of it where it was taken back', () => {
    expect(['filed', 'signed', 'redoing', 'resolved', 'withdrawn'].map(reached)).toEqual([0, 2, 2, 4, -1])
    expect([gradable('resolved'), gradable('replied')]).toEqual([true, false])
  })
})
