/** What was said, as it is shown: final lines in order, and each speaker's words that are still being heard at the end. */
export interface Line {
  key: string
  speaker: string
  text: string
  start: number
  final: boolean
}

export interface Kept {
  id: string
  speaker: string
  text: string
  start_s: number
}

const spoken = (speaker: string, start: number) => `${speaker}@${start.toFixed(1)}`

/** Lines read from the API; what was heard live after them stays, for a reading may be overtaken by what is said meanwhile. */
export function fromKept(kept: Kept[], shown: Line[]): Line[] {
  const final = kept.map((one) => ({ key: spoken(one.speaker, one.start_s), speaker: one.speaker, text: one.text, start: one.start_s, final: true }))
  const last = Math.max(-1, ...final.map((one) => one.start))
  return [...final, ...shown.filter((one) => one.start > last)]
}

/** A live caption: a provisional one replaces its speaker's last, a final one stays; told twice it is there once. */
export function heard(shown: Line[], said: { speaker: string; text: string; final: boolean; start: number }): Line[] {
  const line: Line = { ...said, key: spoken(said.speaker, said.start) }
  const others = shown.filter((one) => one.key !== line.key && (one.final || one.speaker !== said.speaker))
  const finals = others.filter((one) => one.final)
  const provisional = others.filter((one) => !one.final)
  if (!said.final) return [...finals, ...provisional, line]
  const at = finals.findIndex((one) => one.start > line.start)
  finals.splice(at < 0 ? finals.length : at, 0, line)
  return [...finals, ...provisional]
}
