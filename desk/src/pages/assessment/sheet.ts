/** A sheet as `tickets/assessment/sheet.py` makes it, and what is read from it. Rules without a page. */

export interface Change {
  key: string
  case: string
  points: string
  clause: string
  why: string
  at: string
  subject: string
  events: string[]
  excused: string
  period: string
}

export interface Share {
  name: string
  title: string
  good: number
  of: number
  percent: string | null
  clause: string
  note: string
  misses: string[]
  missed: string[]
  denominators?: Record<string, { title: string; good: number; of: number; percent: string | null }>
}

export interface Item {
  item: string
  part: string
  title: string
  full: string
  points: string
  clause: string
  by: 'month' | 'quarter'
  configured: boolean
  note: string
  changes: Change[]
  share?: Share
  parts?: Record<string, string>
}

export interface Sheet {
  profile: string
  scheme: string
  clause: string
  unit: string
  unit_name: string
  period: { kind: 'month' | 'quarter' | 'year'; name: string; title: string; start: string; end: string }
  as_of: string
  formula: string
  policy_hash: string
  facts_hash: string
  facts: number
  points: string | null
  full: string | null
  standing?: { points: string; full: string }
  weighted?: { points: string; of: string }
  items: Item[]
  shares: Share[]
  tallies: { name: string; title: string; count: number }[]
  notes: string[]
  documents: Record<string, string>
  numbers?: Record<string, string>
  /** What a case is about -> the ticket that it happened to, where it is no ticket itself. */
  tickets?: Record<string, string>
  rank?: number | null
  sub_centre?: boolean
}

/** What the API gives is JSON of that shape, whatever its types say. */
export const asSheet = (raw: unknown): Sheet => raw as Sheet

/** What whoever signs must know, without the names that settings have in files. */
export const notesOf = (sheet: Sheet): string[] => sheet.notes.map((note) => note.replace(/（[a-z_.]+）/g, ''))

/** Points without zeros that say nothing. */
export const number = (points: string | null | undefined): string => (points === null || points === undefined ? '—' : String(Number(points)))

/** Items that this period's total holds: of a month those scored by month. */
export const counted = (sheet: Sheet): Item[] => sheet.items.filter((item) => sheet.period.kind !== 'month' || item.by === 'month')

/** How many points an item is short of its full ones; never below nothing. */
export const lost = (item: Item): number => Math.max(0, Math.round((Number(item.full) - Number(item.points)) * 100) / 100)

/** What cost a unit points, the dearest first. */
export function costs(sheet: Sheet): { item: string; points: number }[] {
  return counted(sheet)
    .map((item) => ({ item: item.item, points: lost(item) }))
    .filter((one) => one.points > 0)
    .sort((a, b) => b.points - a.points)
}

export const totalLost = (sheet: Sheet): number => costs(sheet).reduce((sum, one) => sum + one.points, 0)

/** Units that had something to do or lost something. */
export const busy = (sheet: Sheet): boolean => sheet.tallies.some((one) => one.name === 'forwarded' && one.count > 0) || totalLost(sheet) > 0

/** Those that need looking after first: fewest points, else the lowest share; what had nothing to do comes last. */
export function worstFirst(sheets: readonly Sheet[], share: string): Sheet[] {
  const value = (sheet: Sheet): number => {
    if (sheet.points !== null) return Number(sheet.points)
    const percent = sheet.shares.find((one) => one.name === share)?.percent
    return percent === null || percent === undefined ? 1000 : Number(percent)
  }
  return [...sheets].sort((a, b) => value(a) - value(b) || a.unit_name.localeCompare(b.unit_name, 'zh-CN'))
}

export interface Bars {
  units: string[]
  series: { item: string; data: number[] }[]
}

/** What cost whom how much, as bars laid end to end: the `most` items that cost most of all, the rest together as `other`. */
export function barsOf(sheets: readonly Sheet[], units: number, most: number): Bars {
  const shown = [...sheets].sort((a, b) => totalLost(b) - totalLost(a)).filter((sheet) => totalLost(sheet) > 0).slice(0, units)
  const sums = new Map<string, number>()
  for (const sheet of shown) for (const one of costs(sheet)) sums.set(one.item, (sums.get(one.item) ?? 0) + one.points)
  const names = [...sums].sort((a, b) => b[1] - a[1]).map(([item]) => item)
  const [named, rest] = names.length > most + 1 ? [names.slice(0, most), names.slice(most)] : [names, []]
  const of = (sheet: Sheet, items: string[]) => Math.round(costs(sheet).filter((one) => items.includes(one.item)).reduce((sum, one) => sum + one.points, 0) * 100) / 100
  const series = named.map((item) => ({ item, data: shown.map((sheet) => of(sheet, [item])) }))
  if (rest.length) series.push({ item: 'other', data: shown.map((sheet) => of(sheet, rest)) })
  return { units: shown.map((sheet) => sheet.unit_name), series }
}

/** The ticket a case is about, '' where it is about none. */
export function ticketOf(sheet: Sheet, subject: string): string {
  const ticket = sheet.tickets?.[subject] ?? subject
  return sheet.numbers?.[ticket] ? ticket : ''
}

/** What an appeal may name: a deduction that costs something; of a share each ticket that counts against the unit. */
export const costsSomething = (change: Change): boolean => Number(change.points) < 0
