/** Days and months as a calendar shows them. Dates are `2026-10-01`; no clock of the machine is asked. Rules without a page. */

export type DayKind = 'work' | 'weekend' | 'rest' | 'makeUp'

/** What is known of a year: days off that are no plain weekend, weekends that are worked. */
export interface Year {
  rest: Record<string, string>
  make_up: Record<string, string>
}

const DAY_MS = 86_400_000
const noon = (date: string) => Date.parse(`${date}T12:00:00Z`)

/** 0 is Monday. */
export const weekdayOf = (date: string): number => (new Date(noon(date)).getUTCDay() + 6) % 7

export function kindOf(date: string, years: Record<number, Year | undefined>): DayKind {
  const year = years[Number(date.slice(0, 4))]
  if (year?.rest[date]) return 'rest'
  if (year?.make_up[date]) return 'makeUp'
  return weekdayOf(date) > 4 ? 'weekend' : 'work'
}

/** The days of a month, `month` from 1. */
export function daysOf(year: number, month: number): string[] {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return Array.from({ length: count }, (_none, n) => `${year}-${two(month)}-${two(n + 1)}`)
}

/** Weeks from Monday to Sunday; null where a day is of another month. */
export function weeksOf(year: number, month: number): (string | null)[][] {
  const days: (string | null)[] = daysOf(year, month)
  const cells = [...Array<null>(weekdayOf(days[0] ?? '')).fill(null), ...days]
  while (cells.length % 7) cells.push(null)
  return Array.from({ length: cells.length / 7 }, (_none, n) => cells.slice(n * 7, n * 7 + 7))
}

export interface Month {
  year: number
  month: number
}

/** Every month from that of the one date to that of the other. */
export function monthsBetween(from: string, to: string): Month[] {
  const found: Month[] = []
  let [year, month] = [Number(from.slice(0, 4)), Number(from.slice(5, 7))]
  const last = Number(to.slice(0, 4)) * 12 + Number(to.slice(5, 7))
  while (year * 12 + month <= last) {
    found.push({ year, month })
    ;[year, month] = month === 12 ? [year + 1, 1] : [year, month + 1]
  }
  return found
}

/** The day in China on which a moment falls; 24:00 belongs to the day that ends. */
export function dayOf(moment: string): string {
  return new Date(Date.parse(moment) + 8 * 3_600_000 - 1).toISOString().slice(0, 10)
}

export interface Span {
  name: string
  from: string
  to: string
}

/** Days of one name that follow each other as one span; a weekend between them, unless it is worked, belongs to it. */
export function spansOf(days: Record<string, string>, worked: Record<string, string> = {}): Span[] {
  const found: Span[] = []
  for (const [date, name] of Object.entries(days).sort(([a], [b]) => a.localeCompare(b))) {
    const last = found.at(-1)
    if (last && last.name === name && between(last.to, date).every((day) => weekdayOf(day) > 4 && !worked[day])) last.to = date
    else found.push({ name, from: date, to: date })
  }
  return found
}

function between(from: string, to: string): string[] {
  const count = Math.max(0, (noon(to) - noon(from)) / DAY_MS - 1)
  return Array.from({ length: count }, (_none, n) => new Date(noon(from) + (n + 1) * DAY_MS).toISOString().slice(0, 10))
}

const two = (number: number) => String(number).padStart(2, '0')
