import type { components } from '@/api/schema'

export type FloorView = components['schemas']['FloorView']
export type FloorSeat = components['schemas']['FloorSeat']
export type FloorCall = components['schemas']['FloorCall']
export type Supervision = components['schemas']['SupervisionView']

/** Seat states in the order a supervisor looks for them: who talks, who could, who doesn't. */
export const STATES = ['talking', 'ringing', 'reserved', 'ready', 'wrap_up', 'paused', 'logged_out'] as const
export type SeatState = (typeof STATES)[number]

const WAITING = ['prompts', 'queued', 'reserved', 'ringing']

/** Seconds as people read a clock: 4:07, 1:02:09. Never negative: clocks differ a little. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** Seconds from `at` (ISO) to `now` (ms). */
export const since = (at: string, now: number): number => (now - Date.parse(at)) / 1000

/** A share in percent with one decimal; '–' where there is nothing to divide. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(Math.floor(share * 1000) / 10).toFixed(1)}%`
}

/** A part of a whole; null where the whole is nothing. */
export const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

export interface Queue {
  line: string
  waiting: FloorCall[]
  talking: number
  /** When the one who waits longest arrived; '' where nobody waits. */
  longest: string
}

/** Calls under way by line, those with most people waiting first. */
export function queues(calls: readonly FloorCall[]): Queue[] {
  const by = new Map<string, Queue>()
  for (const call of calls) {
    const one = by.get(call.line) ?? { line: call.line, waiting: [], talking: 0, longest: '' }
    by.set(call.line, one)
    if (call.answered_at) one.talking += 1
    else if (WAITING.includes(call.phase)) {
      one.waiting.push(call)
      if (!one.longest || call.arrived_at < one.longest) one.longest = call.arrived_at
    }
  }
  const found = [...by.values()]
  for (const one of found) one.waiting.sort((a, b) => (a.position ?? 999) - (b.position ?? 999) || a.arrived_at.localeCompare(b.arrived_at))
  return found.sort((a, b) => b.waiting.length - a.waiting.length || a.line.localeCompare(b.line))
}

/** How many seats are in each state; every state is there. */
export function counts(seats: readonly FloorSeat[]): Record<SeatState, number> {
  const found = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<SeatState, number>
  for (const seat of seats) found[seat.state as SeatState] += 1
  return found
}

/** The seats of one state, or all, that match some words; in the order of STATES, then by number. */
export function chosen(seats: readonly FloorSeat[], state: SeatState | 'all', words: string): FloorSeat[] {
  const wanted = words.trim().toLowerCase()
  const hit = (seat: FloorSeat) =>
    !wanted || [seat.id, seat.name, seat.user_name ?? '', ...seat.skills].some((text) => text.toLowerCase().includes(wanted))
  const place = (seat: FloorSeat) => STATES.indexOf(seat.state as SeatState)
  return seats
    .filter((seat) => (state === 'all' || seat.state === state) && hit(seat))
    .sort((a, b) => place(a) - place(b) || a.id.localeCompare(b.id))
}

/** A state in which somebody has stayed so long that a supervisor should see it, in seconds. */
const LONG: Partial<Record<SeatState, number>> = { talking: 900, paused: 1200, wrap_up: 300, ringing: 15 }
export const tooLong = (seat: FloorSeat, now: number): boolean => {
  const most = LONG[seat.state as SeatState]
  return most !== undefined && since(seat.since, now) > most
}
