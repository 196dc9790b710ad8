/** How high a dispute has climbed, from what happened. A rule without a page. */
import type { components } from '@/api/schema'

export const RUNGS = ['meeting', 'authority', 'office', 'government', 'joint'] as const

export function rungOf(history: readonly components['schemas']['EventView'][]): string {
  let rung: string = RUNGS[0]
  for (const { payload } of history) {
    if (payload.action === 'dispute') rung = RUNGS[0]
    const to = (payload.facts as Record<string, unknown> | undefined)?.rung
    if (payload.action === 'escalate' && typeof to === 'string') rung = to
  }
  return rung
}

/** What the board was asked. */
export function questionOf(history: readonly components['schemas']['EventView'][]): string {
  const asked = history.filter(({ payload }) => payload.action === 'dispute').at(-1)
  return String((asked?.payload.facts as Record<string, unknown> | undefined)?.question ?? '')
}
