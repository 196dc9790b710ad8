/** Months, quarters and years of China's calendar, as the assessment names them: 2026-10, 2026-Q4, 2026. Rules without a page. */

const NAMES = /^20\d\d(-(0[1-9]|1[0-2])|-Q[1-4])?$/
const two = (number: number) => String(number).padStart(2, '0')
const china = (ms: number) => new Date(ms + 8 * 3_600_000)

/** The month in which a moment (epoch ms) lies. */
export function monthOf(ms: number): string {
  const at = china(ms)
  return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}`
}

/** What the address says, if it is a period. */
export function periodOf(asked: unknown, now: number): string {
  return typeof asked === 'string' && NAMES.test(asked) ? asked : monthOf(now)
}

/** Years to choose from: this one and those before. */
export function yearsUntil(now: number, count = 4): string[] {
  const year = china(now).getUTCFullYear()
  return Array.from({ length: count }, (_none, n) => String(year - n))
}

export interface Choices {
  months: string[]
  quarters: string[]
  year: string
}

/** Periods of a year that have begun, the latest first. */
export function periodsOf(year: string, now: number): Choices {
  const last = monthOf(now)
  const months = Array.from({ length: 12 }, (_none, n) => `${year}-${two(12 - n)}`).filter((one) => one <= last)
  const quarters = ['4', '3', '2', '1'].filter((q) => months.includes(`${year}-${two(Number(q) * 3 - 2)}`)).map((q) => `${year}-Q${q}`)
  return { months, quarters, year }
}

/** The same month or quarter of another year, where it has begun; else the latest month there is. */
export function inYear(period: string, year: string, now: number): string {
  const wanted = `${year}${period.slice(4)}`
  const { months, quarters } = periodsOf(year, now)
  return wanted === year || months.includes(wanted) || quarters.includes(wanted) ? wanted : (months[0] ?? year)
}
