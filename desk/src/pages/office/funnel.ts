/** From counts to a funnel. Rules without a page. */
export interface Step {
  name: 'open' | 'warning' | 'yellow' | 'red'
  /** Tickets that came at least this far. */
  count: number
  /** Of these, whose gravest card this is. */
  now: number
  /** Of all that are open, in percent. */
  share: number
}

/** `counts`: of all open tickets, then of those whose gravest card is the warning, the yellow, the red one. */
export function funnel(counts: number[]): Step[] {
  const [open = 0, warning = 0, yellow = 0, red = 0] = counts
  const reached = [open, warning + yellow + red, yellow + red, red]
  const names = ['open', 'warning', 'yellow', 'red'] as const
  return names.map((name, at) => ({ name, count: reached[at] ?? 0, now: counts[at] ?? 0, share: open ? Math.min(100, (100 * (reached[at] ?? 0)) / open) : 0 }))
}
