/** What happened while a recording ran, as marks on its line of time. Rules without a page. */

export interface Mark {
  /** Seconds from the recording's beginning. */
  at: number
  /** What it was, as a key of `floor.mark`. */
  what: string
  /** Who or what it concerned, in their own words; '' where that is plain. */
  whom: string
}

interface Fact {
  name: string
  at: string
  payload: Record<string, unknown>
}

interface Taken {
  kind: string
  title: string
  decision: string | null
  decided_at: string | null
}

const THIRD = ['answered', 'merged', 'swapped', 'left', 'ended', 'failed']
const DEEDS = ['barge', 'take_over']

function whatOf({ name, payload }: Fact): string {
  if (name === 'call.answered') return 'answered'
  if (name === 'call.held') return payload.on ? 'held' : 'resumed'
  if (name === 'call.menu') return 'pressed'
  if (name === 'call.transfer' && THIRD.includes(String(payload.what))) return `third_${String(payload.what)}`
  if (name === 'call.supervised' && DEEDS.includes(String(payload.deed))) return String(payload.deed)
  return ''
}

function whomOf({ name, payload }: Fact): string {
  if (name !== 'call.transfer') return String(payload.seat ?? payload.key ?? '')
  const to = (payload.to ?? {}) as Record<string, string>
  return to.name || to.ref || ''
}

/** In the order of time; what happened before the recording began or after it ended has no place on it. `began`: when it began. */
export function marksOf(facts: Fact[], taken: Taken[], began: string, seconds: number): Mark[] {
  const since = (at: string) => (Date.parse(at) - Date.parse(began)) / 1000
  const deeds = facts.map((fact) => ({ at: since(fact.at), what: whatOf(fact), whom: whomOf(fact) }))
  const decided = taken.flatMap((one) => (one.decision === 'accepted' && one.decided_at ? [{ at: since(one.decided_at), what: `took_${one.kind}`, whom: one.title }] : []))
  return [...deeds, ...decided].filter((one) => one.what && one.at >= -1 && one.at <= seconds + 1).map((one) => ({ ...one, at: Math.min(seconds, Math.max(0, one.at)) })).sort((a, b) => a.at - b.at)
}
