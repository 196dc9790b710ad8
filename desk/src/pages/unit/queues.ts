/** The unit's queues as questions to the API. Rules without a page. */
import { WITH_UNIT } from '@/pages/tickets/clock'
import { moment, SOON_MS, type Query } from '@/pages/tickets/query'

export interface Asked {
  name: string
  asked: () => Query
  urgent?: boolean
}

/** `unit`: what one reads of others' tickets (one helps with them) is not one's own work. */
export function queuesOf(unit: string): Asked[] {
  const own = (query: Query): Query => ({ unit, ...query })
  return [
    { name: 'sign', asked: () => own({ state: ['dispatched', 'deemed'] }) },
    { name: 'work', asked: () => own({ state: ['signed', 'redoing', 'extension_asked'] }) },
    { name: 'red', urgent: true, asked: () => own({ state: [...WITH_UNIT] as Query['state'], card: 'red' }) },
    { name: 'yellow', urgent: true, asked: () => own({ state: [...WITH_UNIT] as Query['state'], card: 'yellow' }) },
    { name: 'soon', asked: () => own({ state: [...WITH_UNIT] as Query['state'], due_after: moment(Date.now()), due_before: moment(Date.now() + SOON_MS) }) },
    { name: 'overdue', urgent: true, asked: () => own({ state: [...WITH_UNIT] as Query['state'], due_before: moment(Date.now()) }) },
    { name: 'sentBack', urgent: true, asked: () => own({ state: ['signed', 'redoing'], replied: true }) },
    { name: 'assist', asked: () => own({ state: [...WITH_UNIT] as Query['state'], relation: 'assist' }) },
    { name: 'order', urgent: true, asked: () => own({ state: [...WITH_UNIT] as Query['state'], relation: 'supervision' }) },
    { name: 'review', asked: () => own({ state: ['replied', 'reviewed'] }) },
  ]
}
