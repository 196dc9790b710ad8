import { describe, expect, it } from 'vitest'
import { usable } from './ice'

const FROM_V4 = 'v=0\r\na=candidate:H1 1 UDP 2130706431 192.0.2.7 10000 typ host\r\na=candidate:H1 2 UDP 2130706430 192.0.2.7 10001 typ host\r\n'
const FROM_BOTH = `${FROM_V4}a=candidate:H2 1 udp 2130706431 fd00::7 10000 typ host\r\n`

describe('an address of ours', () => {
  it('is usable where the other side has one of its family', () => {
    expect(usable({ protocol: 'udp', address: '192.0.2.2' }, FROM_V4)).toBe(true)
    expect(usable({ protocol: 'udp', address: 'fd00::2' }, FROM_BOTH)).toBe(true)
  })
  it('is not usable where it has none', () => {
    expect(usable({ protocol: 'udp', address: 'fd00::2' }, FROM_V4)).toBe(false)
    expect(usable({ protocol: 'udp', address: '192.0.2.2' }, 'v=0\r\n')).toBe(false)
  })
  it('is not usable over TCP, hidden behind a name, or unsaid', () => {
    expect(usable({ protocol: 'tcp', address: '192.0.2.2' }, FROM_BOTH)).toBe(false)
    expect(usable({ protocol: 'udp', address: '0c6f3a.local' }, FROM_BOTH)).toBe(false)
    expect(usable({ protocol: null, address: null }, FROM_BOTH)).toBe(false)
  })
})
