import { describe, expect, it } from 'vitest'
import { bars, forget, LONGEST_OPEN_MS, stale, token } from './screen'

const GIVEN = 'a'.repeat(43)

describe('a screen on the wall', () => {
  it('takes its token from the address once and keeps it', () => {
    expect(token({ hash: '' })).toBe('')
    expect(token({ hash: `#${GIVEN}` })).toBe(GIVEN)
    expect(token({ hash: '' })).toBe(GIVEN)
    expect(token({ hash: '#short' })).toBe(GIVEN)
    forget()
    expect(token({ hash: '' })).toBe('')
  })

  it('begins anew when other pages are served, or after a day', () => {
    expect([stale('a', 'b', 0), stale('a', 'a', 0), stale('', 'b', 0), stale('a', '', 0), stale('a', 'a', LONGEST_OPEN_MS + 1)]).toEqual([true, false, false, false, true])
  })

  it('measures bars by the longest', () => {
    expect(bars([{ name: 'x', count: 4 }, { name: 'y', count: 1 }]).map((one) => one.share)).toEqual([100, 25])
    expect(bars([{ name: 'x', count: 0 }])[0]?.share).toBe(0)
  })
})
