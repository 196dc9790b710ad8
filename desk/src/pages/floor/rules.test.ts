import { describe, expect, it } from 'vitest'
import { chosen, clock, counts, percent, queues, share, tooLong, type FloorCall, type FloorSeat } from './rules'

const call = (given: Partial<FloorCall>): FloorCall => ({
  id: 'c', line: '12345', caller: '', care: '', phase: 'queued', seat_id: null, arrived_at: '2026-11-21T02:00:00Z', answered_at: null, waited_s: 0, position: null, ...given,
})
const seat = (given: Partial<FloorSeat>): FloorSeat => ({
  id: '8001', name: '', kind: 'agent', region: '', skills: [], state: 'ready', since: '2026-11-21T02:00:00Z', pause_reason: null, forced: '', user_id: null, user_name: null, call_id: null, line: null, answered_at: null, ...given,
})

describe('the floor in numbers', () => {
  it('reads seconds as a clock, never below nought', () => {
    expect([clock(-3), clock(7.9), clock(247), clock(3729)]).toEqual(['0:00', '0:07', '4:07', '1:02:09'])
  })

  it('never rounds a share up to what was not reached', () => {
    expect([percent(0.94999), percent(1), percent(null), percent(share(0, 0))]).toEqual(['94.9%', '100.0%', '–', '–'])
  })

  it('puts the line with most people waiting first and knows who waits longest', () => {
    const found = queues([
      call({ id: 'a', line: '12333', answered_at: '2026-11-21T02:00:09Z', phase: 'talking' }),
      call({ id: 'b', position: 2, arrived_at: '2026-11-21T02:00:05Z' }),
      call({ id: 'c', position: 1, arrived_at: '2026-11-21T02:00:01Z' }),
    ])
    expect(found.map((one) => [one.line, one.waiting.map((c) => c.id), one.talking, one.longest])).toEqual([
      ['12345', ['c', 'b'], 0, '2026-11-21T02:00:01Z'],
      ['12333', [], 1, ''],
    ])
  })

  it('counts every state and finds a seat by its person or skill', () => {
    const seats = [seat({}), seat({ id: '8002', state: 'talking', user_name: '李丽', skills: ['line.12333'] })]
    expect(counts(seats)).toMatchObject({ ready: 1, talking: 1, paused: 0 })
    expect(chosen(seats, 'all', '').map((one) => one.id)).toEqual(['8002', '8001'])
    expect(chosen(seats, 'all', '12333').map((one) => one.id)).toEqual(['8002'])
    expect(chosen(seats, 'ready', '李')).toEqual([])
  })

  it('notices a pause that lasts too long, not somebody who is ready', () => {
    const now = Date.parse('2026-11-21T03:00:00Z')
    expect([tooLong(seat({ state: 'paused' }), now), tooLong(seat({}), now)]).toEqual([true, false])
  })
})
