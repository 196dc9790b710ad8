import { describe, expect, it } from 'vitest'
import { askedOf, inChina, queryOf } from './asked'

const NOW = Date.parse('2026-11-29T10:00:00+08:00')

describe('a question in the address', () => {
  it('comes back as it was asked', () => {
    const asked = { profile: 'heyuan', stage: 'dispatch', type: 'report', at: '2026-09-30T10:00:00+08:00', flags: ['multi_unit'] } as const
    expect(askedOf(queryOf({ ...asked, flags: [...asked.flags] }), NOW)).toEqual(asked)
  })

  it('takes what it does not know for what is usual', () => {
    expect(askedOf({ stage: 'fly', type: 'x', at: 'soon', flags: 'none' }, NOW)).toEqual({ profile: '', stage: 'handle', type: 'help', at: '2026-11-29T10:00:00+08:00', flags: [] })
  })

  it('turns another zone into China’s clock', () => {
    expect(askedOf({ at: '2026-11-29T02:00:00Z' }, 0).at).toBe('2026-11-29T10:00:00+08:00')
    expect(inChina(0)).toBe('1970-01-01T08:00:00+08:00')
  })
})
