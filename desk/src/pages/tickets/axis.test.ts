import { describe, expect, it } from 'vitest'
import { onAxis, spanOf } from './axis'

const deed = (at: number, words = '签收') => ({ at, words, kind: 'deed' })

describe('the axis of a ticket', () => {
  it('puts each moment where it lies between the first and the last', () => {
    expect(onAxis([deed(50), deed(0), deed(100)], 0, 100, 1).map((one) => one.x)).toEqual([0, 50, 100])
  })

  it('stacks labels that would lie on each other and drops those for which there is no room', () => {
    const marks = onAxis([deed(10), deed(11), deed(12), deed(13), deed(14)], 0, 100, 2)
    expect(marks.map((one) => one.row)).toEqual([0, 1, 2, 3, -1])
    expect(onAxis([deed(0), deed(50)], 0, 100, 2).map((one) => one.row)).toEqual([0, 0])
  })

  it('lets the last label stand to the left', () => {
    const [first, last] = onAxis([deed(70, '红牌红牌'), deed(100, '到期')], 0, 100, 2)
    expect([first?.row, last?.row]).toEqual([0, 0])
    expect(onAxis([deed(92, '红牌'), deed(100, '到期')], 0, 100, 2).map((one) => one.row)).toEqual([0, 1])
  })

  it('spans all points and now', () => {
    expect(spanOf([deed(0), deed(1000 * 3600)], 500)).toEqual([0, 1000 * 3600 + 72_000])
    expect(spanOf([], 500)[0]).toBe(500)
  })
})
