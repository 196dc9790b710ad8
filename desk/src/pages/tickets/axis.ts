/** Where deeds and the clock's steps stand on one axis of time. Rules without a page. */
export interface Point {
  at: number
  words: string
  /** deed: somebody did something; else what the clock did or will do. */
  kind: string
}

export interface Mark extends Point {
  /** 0 … 100, from the first moment to the last. */
  x: number
  /** How many labels lie between this one and the axis. */
  row: number
}

const MOST = 40
const ROWS = 4

/**
 * `points` on the axis, each label in the row nearest to it that is free there; those for which none of four is free keep their mark and
 * lose their label (`row` -1). `share`: how much of the axis one character takes, in percent.
 */
export function onAxis(points: Point[], from: number, to: number, share: number): Mark[] {
  const span = Math.max(1, to - from)
  const ends: number[] = []
  return [...points]
    .sort((a, b) => a.at - b.at)
    .slice(-MOST)
    .map((point) => {
      const x = Math.min(100, Math.max(0, (100 * (point.at - from)) / span))
      const wide = share * (point.words.length + 1)
      const left = x + wide > 100 ? x - wide : x // the last labels stand to the left of their mark
      const free = Array.from({ length: ROWS }, (_, row) => row).find((row) => (ends[row] ?? -1) <= left)
      if (free !== undefined) ends[free] = left + wide
      return { ...point, x, row: free ?? -1 }
    })
}

/** The first and the last moment shown: all points and now, with a little room after. */
export function spanOf(points: Point[], now: number): [number, number] {
  const all = [...points.map((one) => one.at), now]
  const [from, to] = [Math.min(...all), Math.max(...all)]
  return [from, to + Math.max(60_000, (to - from) * 0.02)]
}
