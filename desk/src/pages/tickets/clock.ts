/** How a ticket stands with its clock: rules without a page. */
import type { components } from '@/api/schema'
import type { Clock } from '@/parts/ClockTag.vue'

export type Summary = components['schemas']['TicketSummary']

/** States in which somebody's clock runs. */
export const RUNNING: readonly string[] = ['filed', 'returned', 'disputed', 'dispatched', 'deemed', 'signed', 'extension_asked', 'redoing']
/** States in which the ticket lies with its unit. */
export const WITH_UNIT: readonly string[] = ['dispatched', 'deemed', 'signed', 'extension_asked', 'redoing']

const COLOURS: Record<string, Clock> = { warning: 'warned', yellow: 'yellow', red: 'red' }
const RANK: readonly Clock[] = ['ok', 'warned', 'late', 'yellow', 'red']
const HOUR = 3_600_000
const DAY = 24 * HOUR

interface Card {
  colour: string
  at: string
}

/** The gravest card that fell, or that the deadline is over; null where no clock runs. `now`: epoch ms. */
export function colourOf(ticket: Pick<Summary, 'state' | 'due_at' | 'cards'>, now: number): Clock | null {
  if (!RUNNING.includes(ticket.state)) return null
  const fell = (ticket.cards as Card[]).filter((card) => Date.parse(card.at) <= now).map((card) => COLOURS[card.colour] ?? 'ok')
  if (ticket.due_at && Date.parse(ticket.due_at) <= now) fell.push('late')
  if (!fell.length && !ticket.due_at) return null
  return fell.reduce<Clock>((worst, one) => (RANK.indexOf(one) > RANK.indexOf(worst) ? one : worst), 'ok')
}

export interface Left {
  late: boolean
  /** The two units that say enough: days and hours, hours and minutes, or minutes. */
  unit: 'days' | 'hours' | 'minutes'
  days: number
  hours: number
  minutes: number
}

/** How long until, or since, a moment. */
export function leftUntil(at: string, now: number): Left {
  const ms = Date.parse(at) - now
  const span = Math.abs(ms)
  const days = Math.floor(span / DAY)
  const hours = Math.floor((span % DAY) / HOUR)
  const minutes = Math.floor((span % HOUR) / 60_000)
  return { late: ms <= 0, unit: days ? 'days' : hours ? 'hours' : 'minutes', days, hours, minutes }
}

/** A span of seconds as the ledger tells it. */
export function spanOf(seconds: number): Left {
  return leftUntil(new Date(seconds * 1000).toISOString(), 0)
}

/** 24:00 of the day before, where a deadline falls on midnight in China: people say the day on which it ends. */
export function lastDay(due: string): { at: Date; midnight: boolean } {
  const at = new Date(due)
  const midnight = (at.getTime() + 8 * HOUR) % DAY === 0
  return { at: midnight ? new Date(at.getTime() - 1) : at, midnight }
}

/** States in which no unit works on it any more. */
export const OVER: readonly string[] = ['answered', 'refused', 'resolved', 'revisited', 'archived', 'withdrawn', 'merged']
