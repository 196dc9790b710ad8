import { BASE } from '@/api/client'
import { Problem, problemOf } from '@/api/problem'
import type { components } from '@/api/schema'

export type Figures = components['schemas']['WallView']

const KEY = 'hotline.wall'
const WAIT_MS = 10_000
export const EVERY_MS = 4_000
export const TURN_MS = 20_000
/** A browser that was open this long begins anew at the next quiet moment, so that nothing can pile up in it for weeks. */
export const LONGEST_OPEN_MS = 24 * 3_600_000

/** The token of this screen: from the address once (`#…` is never sent to a server), then kept in this browser. */
export function token(place: Pick<Location, 'hash'> = location, store: Storage = localStorage): string {
  const given = /^#([A-Za-z0-9_-]{43})$/.exec(place.hash)?.[1]
  if (given) store.setItem(KEY, given)
  return given ?? store.getItem(KEY) ?? ''
}

export const forget = (store: Storage = localStorage): void => store.removeItem(KEY)

/** The figures now. Throws Problem. */
export async function figures(mine: string): Promise<Figures> {
  let answer: Response
  try {
    answer = await fetch(`${BASE}/wall`, { headers: { 'X-Wall-Token': mine }, cache: 'no-store', signal: AbortSignal.timeout(WAIT_MS) })
  } catch {
    throw new Problem({ code: 'unreachable', status: 0, retryable: true })
  }
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null))
  return (await answer.json()) as Figures
}

/** Whether other pages are served now than those that are open, or these are open for too long. */
export function stale(first: string, now: string, openMs: number): boolean {
  return (now !== '' && first !== '' && now !== first) || openMs > LONGEST_OPEN_MS
}

/** Bars of names and counts: each with its share of the longest, 0 … 100. */
export function bars(items: readonly { name: string; count: number }[]): { name: string; count: number; share: number }[] {
  const most = Math.max(1, ...items.map((one) => one.count))
  return items.map((one) => ({ ...one, share: (one.count / most) * 100 }))
}
