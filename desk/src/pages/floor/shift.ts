import type { components } from '@/api/schema'

export type Shift = components['schemas']['ShiftView']
export type Given = components['schemas']['ShiftGiven']

/** A shift as it is being written down; `who`: seat:8003 or user:user_…, for it is one of them. */
export interface Draft {
  id: string
  version: number
  line: string
  who: string
  from: string
  to: string
  note: string
  days: number
}

const DAY_MS = 86_400_000
const CHINA_MS = 8 * 3_600_000

/** A moment as China's clock says it, with its zone: what a date picker and the API both take. */
export const onClock = (ms: number): string => `${new Date(ms + CHINA_MS).toISOString().slice(0, 19)}+08:00`

export const emptyDraft = (line = '', from = '', to = ''): Draft => ({ id: '', version: 0, line, who: '', from, to, note: '', days: 1 })

/** A hole as the beginning of a shift: the part of it that lies on one day. */
export function ofGap(line: string, gap: { starts_at: string; ends_at: string }, day: number): Draft {
  const from = Math.max(Date.parse(gap.starts_at), day)
  return emptyDraft(line, onClock(from), onClock(Math.min(Date.parse(gap.ends_at), day + DAY_MS)))
}

export const ofShift = (shift: Shift): Draft => ({
  id: shift.id, version: shift.version, line: shift.line, who: shift.seat_id ? `seat:${shift.seat_id}` : `user:${shift.user_id}`,
  from: onClock(Date.parse(shift.starts_at)), to: onClock(Date.parse(shift.ends_at)), note: shift.note, days: 1,
})

/** What keeps it from being kept, before anybody is asked. */
export function lacks(draft: Draft): 'line' | 'who' | 'time' | 'order' | null {
  if (!draft.line) return 'line'
  if (!draft.who) return 'who'
  if (!draft.from || !draft.to) return 'time'
  return Date.parse(draft.to) > Date.parse(draft.from) ? null : 'order'
}

/** The shifts to be kept: the one written down, and the same again on each of the days after it. */
export function shifts(draft: Draft): Given[] {
  const [kind, id] = [draft.who.slice(0, 4), draft.who.slice(5)]
  const who = kind === 'seat' ? { seat_id: id, user_id: null } : { seat_id: null, user_id: id }
  return Array.from({ length: Math.max(1, draft.days) }, (_none, n) => ({
    line: draft.line, ...who, note: draft.note.trim(),
    starts_at: onClock(Date.parse(draft.from) + n * DAY_MS), ends_at: onClock(Date.parse(draft.to) + n * DAY_MS),
  }))
}
