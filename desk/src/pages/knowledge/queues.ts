import type { operations } from '@/api/schema'

type Asked = NonNullable<operations['find_versions_api_v1_knowledge_versions_get']['parameters']['query']>

/** What a keeper looks after, in the order it is worked off. `due` lists articles, all others versions. */
export const QUEUES = ['submitted', 'reviewed', 'draft', 'due', 'coming', 'late', 'all'] as const
export type Queue = (typeof QUEUES)[number]

export function askedOf(queue: Queue): Asked {
  if (queue === 'coming') return { coming: true }
  if (queue === 'late') return { late: true }
  return queue === 'all' || queue === 'due' ? {} : { state: queue }
}
export const queueOf = (text: unknown): Queue => QUEUES.find((one) => one === text) ?? 'submitted'
