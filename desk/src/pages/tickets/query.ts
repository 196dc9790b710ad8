/** The list's filters and the address they are saved in. Rules without a page. */
import type { LocationQuery } from 'vue-router'
import type { operations } from '@/api/schema'
import { RUNNING, WITH_UNIT } from './clock'

export type Query = NonNullable<operations['list_tickets_api_v1_tickets_get']['parameters']['query']>

export interface Filter {
  search: string
  states: string
  type: string
  unit: string
  clock: string
  relation: string
  order: string
  offset: number
}

export const LIMIT = 50
/** Groups of states people think in; '' is all. */
export const GROUPS: Record<string, readonly string[]> = {
  '': [],
  open: [...RUNNING, 'replied', 'reviewed'],
  hotline: ['filed', 'returned', 'disputed', 'extension_asked', 'replied', 'reviewed'],
  unit: WITH_UNIT,
  over: ['answered', 'refused', 'resolved', 'revisited', 'archived', 'withdrawn', 'merged'],
}
/** The first are the colours of cards. */
export const CLOCKS = ['red', 'yellow', 'warning', 'overdue', 'soon'] as const
export const TYPES = ['consult', 'help', 'complaint', 'report', 'suggestion', 'economic'] as const
export const RELATIONS = ['assist', 'supervision', 'descent', 'split', 'repeat', 'merged'] as const
export const SOON_MS = 24 * 3_600_000

const word = (query: LocationQuery, name: string): string => {
  const value = query[name]
  return typeof value === 'string' ? value.slice(0, 100) : ''
}

export function filterOf(query: LocationQuery): Filter {
  const offset = Number.parseInt(word(query, 'offset'), 10)
  const states = word(query, 'states')
  return {
    search: word(query, 'search'),
    states: states in GROUPS || states.split(',').every((one) => /^[a-z_]+$/.test(one)) ? states : '',
    type: (TYPES as readonly string[]).includes(word(query, 'type')) ? word(query, 'type') : '',
    unit: word(query, 'unit'),
    clock: (CLOCKS as readonly string[]).includes(word(query, 'clock')) ? word(query, 'clock') : '',
    relation: (RELATIONS as readonly string[]).includes(word(query, 'relation')) ? word(query, 'relation') : '',
    order: word(query, 'order') === 'due' ? 'due' : '',
    offset: Number.isInteger(offset) && offset > 0 ? offset : 0,
  }
}

/** Only what differs from the plain list stands in the address. */
export function addressOf(filter: Filter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value !== '' && value !== 0)
      .map(([name, value]) => [name, String(value)]),
  )
}

/** What is asked of the API. `now`: epoch ms. */
export function askedOf(filter: Filter, now: number): Query {
  const running = filter.clock ? [...RUNNING] : []
  const named = filter.states in GROUPS ? [...(GROUPS[filter.states] ?? [])] : filter.states.split(',')
  const states = running.length && !filter.states ? running : named
  return {
    limit: LIMIT,
    offset: filter.offset,
    search: filter.search,
    state: states as Query['state'],
    ...(filter.type ? { type: filter.type as Query['type'] } : {}),
    ...(filter.unit ? { unit: filter.unit } : {}),
    ...(filter.relation ? { relation: filter.relation as Query['relation'] } : {}),
    ...(['red', 'yellow', 'warning'].includes(filter.clock) ? { card: filter.clock as Query['card'] } : {}),
    ...(filter.clock === 'overdue' ? { due_before: moment(now) } : {}),
    ...(filter.clock === 'soon' ? { due_after: moment(now), due_before: moment(now + SOON_MS) } : {}),
    ...(filter.order === 'due' || filter.clock ? { order: 'due_at', direction: 'asc' } : {}),
  } as Query
}

export const moment = (at: number): string => new Date(at).toISOString()
