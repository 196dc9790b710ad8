/** What the reply gate found, laid over the citizen's demands. A rule without a page. */
interface Found {
  kind: string
  evidence: string[]
}

export interface Demand {
  words: string
  /** unsaid: nothing was written yet. */
  state: 'met' | 'open' | 'unsaid'
}

export function addressed(demands: readonly string[], findings: readonly Found[], written: boolean): Demand[] {
  const open = new Set(findings.filter((one) => one.kind === 'unaddressed').flatMap((one) => one.evidence))
  return demands.map((words) => ({ words, state: !written ? 'unsaid' : open.has(words) ? 'open' : 'met' }))
}
