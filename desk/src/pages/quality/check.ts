/** Checks of calls and the rules behind them, as pages show and change them: no page in here. */
import type { components } from '@/api/schema'

export type Check = components['schemas']['Checks']['items'][number]

/** What one rule came to; `moments` are seconds of the call. */
export interface Finding {
  rule: string
  name: string
  passed: boolean
  applied: boolean
  points: number
  clause: string
  moments: [number, number][]
}
export const KINDS = ['says', 'never', 'silence', 'interrupts', 'speed', 'overlap'] as const
export type Kind = (typeof KINDS)[number]

/** A rule as it is kept (core/quality.py says what each field does). */
export interface Rule {
  id: string
  name: string
  kind: Kind
  points: number
  clause: string
  active: boolean
  side: 'agent' | 'citizen'
  words: string[]
  after: string[]
  within_s: number
  from_s: number
  most: number
}
export interface Rules {
  documents: Record<string, string>
  pass_mark: number
  rules: Rule[]
}

const VERDICTS = ['failed', 'passed', 'none'] as const
export type Verdict = (typeof VERDICTS)[number]
export const verdictOf = (one: Finding): Verdict => (!one.applied ? 'none' : one.passed ? 'passed' : 'failed')

/** What failed first: that is what one looks for. */
export function inOrder(findings: readonly unknown[]): Finding[] {
  return [...(findings as Finding[])].sort((a, b) => VERDICTS.indexOf(verdictOf(a)) - VERDICTS.indexOf(verdictOf(b)))
}

/** Words one per line or with a comma between them; each once. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\n,，、;；]/).map((one) => one.trim()).filter(Boolean))]

/** Where in the talk something must be said: `within_s` as a place and its seconds. */
export function placeOf(within: number): { place: 'anywhere' | 'start' | 'end'; seconds: number } {
  return { place: within > 0 ? 'start' : within < 0 ? 'end' : 'anywhere', seconds: Math.abs(within) || 15 }
}
export const withinOf = (place: string, seconds: number): number => (place === 'start' ? seconds : place === 'end' ? -seconds : 0)

/** A rule that is new: nothing in it yet but what its kind needs. `taken`: ids that stand already. */
export function fresh(kind: Kind, clause: string, taken: readonly string[]): Rule {
  let n = taken.length + 1
  while (taken.includes(`rule_${n}`)) n += 1
  return { id: `rule_${n}`, name: '', kind, points: 5, clause, active: true, side: 'agent', words: [], after: [], within_s: 0, from_s: 0, most: kind === 'says' || kind === 'never' ? 0 : 5 }
}

/** Messages of a problem by the field they are about: `rules.3.words` → its text, without what lies below the field. */
export function faultsOf(fields: readonly { where: string; message: string }[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { where, message } of fields) {
    const [top, n, field] = where.split('.')
    const key = top === 'rules' && field ? `rules.${n}.${field}` : where
    if (!found.has(key)) found.set(key, message)
  }
  return found
}

/** A day in China as the two moments between which it lies. */
export const dayOf = (day: string): { from: string; until: string } => {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
  return { from: `${day}T00:00:00+08:00`, until: `${next}T00:00:00+08:00` }
}
