/** Two texts beside each other: the API's lines (difflib.ndiff), with what changed inside a line marked. */

export interface Part {
  text: string
  marked: boolean
}
export interface Row {
  sign: 'same' | 'gone' | 'new'
  parts: Part[]
}

const SIGNS = { '-': 'gone', '+': 'new', ' ': 'same' } as const

/** A line that went and the one that came in its place: what they share at both ends stays unmarked. */
export function apart(was: string, now: string): [Part[], Part[]] {
  let start = 0
  while (start < Math.min(was.length, now.length) && was[start] === now[start]) start += 1
  let end = 0
  while (end < Math.min(was.length, now.length) - start && was.at(-1 - end) === now.at(-1 - end)) end += 1
  const cut = (text: string): Part[] =>
    [
      { text: text.slice(0, start), marked: false },
      { text: text.slice(start, text.length - end), marked: true },
      { text: end ? text.slice(-end) : '', marked: false },
    ].filter((part) => part.text)
  return [cut(was), cut(now)]
}

/** Rows for reading, in order; a `- ` followed by a `+ ` is one line changed. */
export function rowsOf(lines: readonly string[]): Row[] {
  const rows: Row[] = lines.map((line) => ({ sign: SIGNS[line[0] as keyof typeof SIGNS] ?? 'same', parts: [{ text: line.slice(2), marked: false }] }))
  for (let n = 0; n + 1 < rows.length; n += 1) {
    const [was, now] = [rows[n] as Row, rows[n + 1] as Row]
    if (was.sign !== 'gone' || now.sign !== 'new') continue
    ;[was.parts, now.parts] = apart(was.parts[0]?.text ?? '', now.parts[0]?.text ?? '')
  }
  return rows
}
