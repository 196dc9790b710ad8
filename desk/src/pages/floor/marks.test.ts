import { describe, expect, it } from 'vitest'
import { marksOf } from './marks'

const BEGAN = '2026-11-21T02:00:10Z'
const fact = (name: string, at: string, payload: Record<string, unknown> = {}) => ({ name, at, payload })

describe('marks', () => {
  it('stand where the recording was when it happened, in the order of time', () => {
    const facts = [
      fact('call.menu', '2026-11-21T02:00:02Z', { key: '1' }), // in the greeting: nothing was recorded yet
      fact('call.answered', BEGAN, { seat: '8001' }),
      fact('call.held', '2026-11-21T02:00:40Z', { on: true, seat: '8001' }),
      fact('call.held', '2026-11-21T02:00:50Z', { on: false, seat: '8001' }),
      fact('call.transfer', '2026-11-21T02:01:10Z', { what: 'answered', to: { ref: '8002', name: '司法专家席' } }),
      fact('call.transfer', '2026-11-21T02:01:05Z', { what: 'ringing', to: { ref: '8002' } }),
      fact('call.ended', '2026-11-21T02:03:00Z'),
    ]
    const taken = [
      { kind: 'unit', title: '市水利局', decision: 'accepted', decided_at: '2026-11-21T02:00:45Z' },
      { kind: 'answer', title: '停水', decision: 'overridden', decided_at: '2026-11-21T02:00:46Z' },
    ]
    expect(marksOf(facts, taken, BEGAN, 120)).toEqual([
      { at: 0, what: 'answered', whom: '8001' },
      { at: 30, what: 'held', whom: '8001' },
      { at: 35, what: 'took_unit', whom: '市水利局' },
      { at: 40, what: 'resumed', whom: '8001' },
      { at: 60, what: 'third_answered', whom: '司法专家席' },
    ])
  })

  it('that a recording does not reach are left out', () => {
    expect(marksOf([fact('call.held', '2026-11-21T02:09:00Z', { on: true })], [], BEGAN, 60)).toEqual([])
  })
})
