/** What articles and their versions are to a reader: rules without a page. */
import type { components } from '@/api/schema'
import type { Clock } from '@/parts/ClockTag.vue'

type S = components['schemas']
export type Article = S['ArticleView']
export type Version = S['VersionView']
export type Line = S['VersionSummary']
export type Gap = S['GapView']
export type Text = S['TextGiven']

/** Kinds of articles as they are stored, and under which word the page names them. */
export const KINDS = { 办事指南: 'guide', 政策: 'policy', 法律法规: 'law', 职责职能: 'duty', 常见问题: 'faq' } as const
export type Kind = keyof typeof KINDS
export const kindKey = (kind: string): string => `knowledge.kinds.${KINDS[kind as Kind] ?? 'other'}`

export const KEEPERS = ['unit', 'office'] as const
export const TRACERS = ['office', 'supervisor', 'auditor'] as const
export const REPORTERS = ['agent', 'supervisor', 'office', 'unit'] as const
export const OPEN = ['draft', 'submitted', 'reviewed'] as const

const DAY = 86_400_000
/** From so many days before its end an article is shown as due. */
export const SOON_DAYS = 30

export interface Ends {
  clock: Clock
  /** Whole days left, today not counted; negative once it is over. */
  days: number
}

/** How a last valid day (inclusive, in China) stands. `now`: epoch ms. Null where there is none. */
export function endsOf(validTo: string | null | undefined, now: number): Ends | null {
  if (!validTo) return null
  const left = Date.parse(`${validTo}T00:00:00+08:00`) + DAY - now
  const days = Math.ceil(left / DAY) - 1
  return { clock: left <= 0 ? 'late' : days <= SOON_DAYS ? 'warned' : 'ok', days }
}

/** Whether a version has begun to be served. What was published to hold at once has, even where this clock is behind. */
export const begun = (one: Line, now: number): boolean =>
  one.serves_from !== null && Date.parse(one.serves_from) <= Math.max(now, one.published_at ? Date.parse(one.published_at) : 0)

/** The version that is served at `now`: the last to begin, unless it has ended by then. */
export function servedAt(versions: readonly Line[], now: number): Line | null {
  const known = versions.filter((one) => begun(one, now))
  const last = known.sort((a, b) => Date.parse(a.serves_from ?? '') - Date.parse(b.serves_from ?? '') || a.number - b.number).at(-1)
  return last && !(last.serves_until && Date.parse(last.serves_until) <= now) ? last : null
}

/** The version that is being written or checked; at most one. */
export const underWay = (versions: readonly Line[]): Line | null => versions.find((one) => (OPEN as readonly string[]).includes(one.state)) ?? null

export interface Due {
  what: 'valid' | 'gap'
  at: number
  clock: Clock
}

/** What falls due next on an article: its validity, or a gap somebody must mend. */
export function nextDue(validTo: string | null | undefined, gaps: readonly Pick<Gap, 'state' | 'due_at'>[], now: number): Due | null {
  const found: Due[] = gaps
    .filter((one) => one.state === 'assigned' && one.due_at)
    .map((one) => ({ what: 'gap', at: Date.parse(one.due_at ?? ''), clock: Date.parse(one.due_at ?? '') <= now ? 'late' : 'warned' }))
  const ends = endsOf(validTo, now)
  if (ends) found.push({ what: 'valid', at: Date.parse(`${validTo}T00:00:00+08:00`) + DAY, clock: ends.clock })
  return found.sort((a, b) => a.at - b.at)[0] ?? null
}

/** Where `words` stand in a text, for marking: parts that alternate between plain and hit. */
export function hits(text: string, words: string): { text: string; hit: boolean }[] {
  const wanted = [...new Set(words.split(/\s+/).filter(Boolean))]
  if (!wanted.length) return [{ text, hit: false }]
  const escaped = wanted.sort((a, b) => b.length - a.length).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const found = text.split(new RegExp(`(${escaped.join('|')})`, 'i'))
  return found.map((part, n) => ({ text: part, hit: n % 2 === 1 })).filter((part) => part.text)
}

/** The part of an answer in which the first of `words` stands. */
export function excerpt(text: string, words: string, most = 90): string {
  const first = words.split(/\s+/).find((word) => word && text.includes(word))
  const at = Math.max(0, (first ? text.indexOf(first) : 0) - 20)
  return `${at > 0 ? '…' : ''}${text.slice(at, at + most)}${text.length > at + most ? '…' : ''}`
}
