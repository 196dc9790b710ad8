import { describe, expect, it } from 'vitest'
import { emptyDraft, lacks, ofGap, ofShift, shifts, type Shift } from './shift'

const DAY = Date.parse('2026-11-23T00:00:00+08:00')

describe('a shift', () => {
  it('begins as the part of a hole that lies on one day', () => {
    const gap = { starts_at: '2026-11-22T10:00:00Z', ends_at: '2026-11-23T00:00:00Z' }
    expect(ofGap('12333', gap, DAY)).toMatchObject({ line: '12333', from: '2026-11-23T00:00:00+08:00', to: '2026-11-23T08:00:00+08:00' })
  })

  it('says what it lacks', () => {
    const draft = emptyDraft('12333', '2026-11-23T08:00:00+08:00', '2026-11-23T12:00:00+08:00')
    expect(lacks(emptyDraft())).toBe('line')
    expect(lacks(draft)).toBe('who')
    expect(lacks({ ...draft, who: 'seat:8003', to: '' })).toBe('time')
    expect(lacks({ ...draft, who: 'seat:8003', to: draft.from })).toBe('order')
    expect(lacks({ ...draft, who: 'seat:8003' })).toBeNull()
  })

  it('is the same again on the days after it', () => {
    const draft = { ...emptyDraft('12333', '2026-11-30T08:00:00+08:00', '2026-11-30T12:00:00+08:00'), who: 'user:user_1', days: 2 }
    expect(shifts(draft).map((one) => [one.user_id, one.starts_at])).toEqual([['user_1', '2026-11-30T08:00:00+08:00'], ['user_1', '2026-12-01T08:00:00+08:00']])
  })

  it('comes back as it was kept', () => {
    const kept: Shift = { id: 'shift_1', line: '12333', seat_id: '8003', user_id: null, name: '人社', starts_at: '2026-11-23T00:00:00Z', ends_at: '2026-11-23T04:00:00Z', note: '', by: 'u', version: 3 }
    expect(shifts(ofShift(kept))).toEqual([{ line: '12333', seat_id: '8003', user_id: null, note: '', starts_at: '2026-11-23T08:00:00+08:00', ends_at: '2026-11-23T12:00:00+08:00' }])
  })
})
