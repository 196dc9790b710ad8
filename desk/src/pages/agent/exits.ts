import type { components } from '@/api/schema'

export type Proposal = components['schemas']['ProposalView']
export type Kind = 'answer' | 'unit' | 'refusal'
export const KINDS: readonly Kind[] = ['answer', 'unit', 'refusal']

export interface Proof {
  source: string
  quote: string
  clause: string
}

export type Marks = components['schemas']['SureView']

/** One of the three exits: its proposals, best first; `sure` false means that we don't know, whatever stands there; `mark`: the per cent that none of them reaches. */
export interface Exit {
  kind: Kind
  items: Proposal[]
  sure: boolean
  mark: number | null
  decided: Proposal | null
}

/** The card: all three exits always, in the same order, so that eyes and fingers find them. */
export function exits(found: Proposal[], marks: Marks | null = null): Exit[] {
  return KINDS.map((kind) => {
    const items = found.filter((one) => one.kind === kind).sort((a, b) => a.rank - b.rank)
    return { kind, items, sure: items.some((one) => one.confident), mark: below(items, marks?.[kind]), decided: items.find((one) => one.decision === 'accepted') ?? null }
  })
}

function below(items: Proposal[], mark?: number): number | null {
  return mark && items.length && items.every((one) => one.score * 100 < mark) ? mark : null
}

/** The exit to look at first: the surest one; null where nothing is sure. */
export function likeliest(card: Exit[]): Kind | null {
  const sure = card.filter((one) => one.sure).sort((a, b) => (b.items[0]?.score ?? 0) - (a.items[0]?.score ?? 0))
  return sure[0]?.kind ?? null
}

/** The unit that is surely meant, unless the agent said it is not this one. */
export const sureUnit = (found: Proposal[]): Proposal | undefined =>
  found.find((one) => one.kind === 'unit' && one.rank === 1 && one.confident && one.decision !== 'overridden')

/** Evidence as it is shown: each quote once, with the clause it leads to. */
export function proofs(proposal: Proposal): Proof[] {
  const seen = new Set<string>()
  const found: Proof[] = []
  for (const one of proposal.evidence as (string | Partial<Proof>)[]) {
    const proof = typeof one === 'string' ? { source: 'said', quote: one, clause: '' } : { source: one.source ?? '', quote: one.quote ?? '', clause: one.clause ?? '' }
    if (/^[a-z]+_[0-9A-Z]{20}$/.test(proof.quote)) proof.quote = '' // an id of ours tells nobody anything
    const key = `${proof.quote}|${proof.clause}`
    if (!proof.quote && !proof.clause) continue
    if (!seen.has(key)) found.push(proof)
    seen.add(key)
  }
  return found.slice(0, 6)
}

export const percent = (score: number): number => Math.round(score * 100)
