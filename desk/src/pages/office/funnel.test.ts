import { describe, expect, it } from 'vitest'
import { funnel } from './funnel'

describe('the funnel of cards', () => {
  it('counts a red one among the yellow and the warned', () => {
    expect(funnel([100, 10, 6, 4]).map((one) => [one.name, one.count, one.share])).toEqual([
      ['open', 100, 100], ['warning', 20, 20], ['yellow', 10, 10], ['red', 4, 4],
    ])
  })

  it('is empty where nothing is open', () => {
    expect(funnel([0, 0, 0, 0]).every((one) => one.share === 0)).toBe(true)
    expect(funnel([]).map((one) => one.count)).toEqual([0, 0, 0, 0])
  })
})
