/** A question to the rules as it stands in the page's address, so that an answer can be sent to somebody. Rules without a page. */
import type { LocationQuery } from 'vue-router'
import type { paths } from '@/api/schema'

type Query = paths['/policies/{name}/explain']['get']['parameters']['query']
export type Stage = Query['stage']
export type Type = Query['type']
export const FLAGS = ['multi_unit', 'on_site', 'complex'] as const
export type Flag = (typeof FLAGS)[number]
export const STAGES: readonly Stage[] = ['dispatch', 'sign', 'return', 'handle', 'supervise', 'redo']
export const TYPES: readonly Type[] = ['consult', 'help', 'complaint', 'report', 'suggestion', 'economic']
/** Of what kind of matter a stage's term asks, and whether its type matters. */
export const FLAG_OF: Partial<Record<Stage, Flag>> = { dispatch: 'multi_unit', return: 'on_site', handle: 'complex', redo: 'complex' }
export const TYPED: readonly Stage[] = ['handle', 'redo']

export interface Asked {
  profile: string
  stage: Stage
  type: Type
  at: string
  flags: Flag[]
}

const one = (value: LocationQuery[string] | undefined): string => String((Array.isArray(value) ? value[0] : value) ?? '')
const among = <T extends string>(value: string, known: readonly T[], otherwise: T): T => (known.includes(value as T) ? (value as T) : otherwise)

/** `now`: epoch ms, for a question that names no moment. */
export function askedOf(query: LocationQuery, now: number): Asked {
  const at = one(query.at)
  return {
    profile: one(query.profile),
    stage: among(one(query.stage), STAGES, 'handle'),
    type: among(one(query.type), TYPES, 'help'),
    at: Number.isNaN(Date.parse(at)) ? inChina(now) : inChina(Date.parse(at)),
    flags: FLAGS.filter((flag) => one(query.flags).split(',').includes(flag)),
  }
}

export function queryOf(asked: Asked): Record<string, string> {
  const { profile, stage, type, at, flags } = asked
  return { ...(profile ? { profile } : {}), stage, type, at, ...(flags.length ? { flags: flags.join(',') } : {}) }
}

/** ISO 8601 with +08:00, to the second. */
export function inChina(ms: number): string {
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`
}
