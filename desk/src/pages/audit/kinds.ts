/** What is on record, in groups people think in; a group is the first part of its facts' names. Rules without a page. */
import type { components } from '@/api/schema'

export type Trace = components['schemas']['TraceView']

export const DEEDS = [
  'ticket', 'call', 'supervision', 'knowledge', 'assessment', 'accountability', 'release', 'rights', 'hold', 'retention', 'notice', 'errand', 'message', 'unit',
  'line', 'rota', 'seat', 'caller', 'enterprise', 'service', 'keys', 'audit',
] as const
export const LOOKS = [
  'ticket', 'tickets', 'recording', 'call', 'calls', 'message', 'caller', 'unit', 'release', 'assessment', 'notice', 'lookups', 'events', 'audit',
] as const

/** What a matter typed by a person may be: a ticket's number, a telephone number, an id. */
export const asAbout = (typed: string): string => typed.trim().replace(/^(\+?[\d\s-]{7,})$/, (number) => (/^20\d{6}-\d{6}$/.test(number.trim()) ? number : number.replace(/[\s-]/g, '')))

/** Of what sort an id is, by how our ids begin; '' for units, lines and seats. */
export function sortOf(id: string): 'ticket' | 'call' | 'recording' | 'message' | 'user' | 'notice' | 'release' | 'hold' | '' {
  const begin = /^([a-z]+)_/.exec(id)?.[1] ?? ''
  const sorts = { tkt: 'ticket', call: 'call', rec: 'recording', msg: 'message', user: 'user', ntc: 'notice', rel: 'release', hold: 'hold' } as const
  return sorts[begin as keyof typeof sorts] ?? ''
}

/** Purposes that the service writes down by itself, where nobody was asked for one; others are people's own words. */
export const OURS: Record<string, 'answered' | 'popped' | 'calledBack' | 'handled' | 'audited' | 'proved'> = {
  接听: 'answered', 弹屏: 'popped', 回电: 'calledBack', 办理: 'handled', 办理工单: 'handled', 审计: 'audited', 核验审计链: 'proved',
}
