import { describe, expect, it } from 'vitest'
import { exits, likeliest, proofs, type Proposal } from './exits'

const proposal = (kind: string, score: number, confident: boolean, more: Partial<Proposal> = {}): Proposal => ({
  id: `${kind}-${score}`, kind, ref: 'SW', title: '市水务局', score, confident, evidence: [], rank: 1, round: 1, decision: null, decided_by: null, decided_at: null, ...more,
})

describe('the three exits', () => {
  it('are always three in the same order, empty ones included', () => {
    const card = exits([proposal('unit', 0.9, true)])
    expect(card.map((one) => [one.kind, one.items.length, one.sure])).toEqual([['answer', 0, false], ['unit', 1, true], ['refusal', 0, false]])
  })

  it('a high score without confidence is still not known', () => {
    const card = exits([proposal('unit', 0.7, false), proposal('answer', 0.6, true)])
    expect(card[1]?.sure).toBe(false)
    expect(likeliest(card)).toBe('answer')
    expect(likeliest(exits([proposal('unit', 0.7, false)]))).toBeNull()
  })

  it('what the city asks for is named where no proposal reaches it, not where another doubt holds', () => {
    const marks = { answer: 60, unit: 50, refusal: 60, note: '' }
    const card = exits([proposal('answer', 0.4, false), proposal('unit', 0.7, false)], marks)
    expect(card.map((one) => one.mark)).toEqual([60, null, null])
  })

  it('evidence stands once, with its clause', () => {
    const said = { source: 'said', quote: '停水', clause: '' }
    expect(proofs(proposal('unit', 0.9, true, { evidence: [said, said, { source: 'line', quote: '12319', clause: '附件一.3' }, '两天'] }))).toEqual([
      said,
      { source: 'line', quote: '12319', clause: '附件一.3' },
      { source: 'said', quote: '两天', clause: '' },
    ])
  })
})
