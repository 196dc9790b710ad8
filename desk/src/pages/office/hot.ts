import type { components } from '@/api/schema'

export type HotIssue = components['schemas']['HotIssueView']
export type Division = components['schemas']['DivisionView']

/** A place under the one that is looked at, with what lies in it and below it. */
export interface Part {
  code: string
  name: string
  issues: number
  matters: number
  /** Whether there are places below it to look into. */
  deeper: boolean
}

/** Every place with all that is above it, itself first. */
export function upwards(divisions: readonly Division[]): Map<string, string[]> {
  const parents = new Map(divisions.map((one) => [one.code, one.parent ?? '']))
  const found = new Map<string, string[]>()
  for (const code of parents.keys()) {
    const path: string[] = []
    for (let here = code; here && parents.has(here) && !path.includes(here); here = parents.get(here) ?? '') path.push(here)
    found.set(code, path)
  }
  return found
}

/** Matters of an issue that lie in `at` or below it; with `at` empty, all of them. */
export const mattersIn = (issue: HotIssue, at: string, above: Map<string, string[]>): number =>
  issue.places.reduce((sum, one) => sum + (!at || above.get(one.place)?.includes(at) ? one.matters : 0), 0)

/** The places right under `at`, the most concerned first. */
export function parts(issues: readonly HotIssue[], divisions: readonly Division[], at: string): Part[] {
  const above = upwards(divisions)
  return divisions
    .filter((one) => one.parent === at)
    .map((one) => {
      const matters = issues.map((issue) => mattersIn(issue, one.code, above)).filter(Boolean)
      return { code: one.code, name: one.name, issues: matters.length, matters: matters.reduce((a, b) => a + b, 0), deeper: divisions.some((below) => below.parent === one.code) }
    })
    .sort((a, b) => b.matters - a.matters || a.code.localeCompare(b.code))
}
