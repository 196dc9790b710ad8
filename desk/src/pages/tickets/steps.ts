/** What a deed's form is made of: which field a fact is, which deed stands where. Rules without a page. */
import type { components } from '@/api/schema'

export type Option = components['schemas']['OptionView']
export type Ground = components['schemas']['GroundView']
export type Kind = 'ground' | 'text' | 'line' | 'flag' | 'moment' | 'choice' | 'unit' | 'ticket' | 'article'

const LINES = new Set(['section', 'handler', 'law', 'matter', 'term_basis', 'handled_at', 'units', 'attested', 'via'])
const FLAGS = new Set(['multi_unit', 'on_site', 'complex', 'site', 'rang', 'reasonable', 'at_fault', 'contacted', 'solved', 'reached', 'tell'])
/** What was said of the matter when it was filed: told again only where it is corrected, with the reason in the note. */
const CORRECTED = new Set(['multi_unit', 'on_site', 'complex'])
export const CORRECTING: readonly string[] = ['dispatch', 'decide']
const MOMENTS = new Set(['until', 'told_at'])
const LEFT_OUT = new Set(['via', 'clause']) // the desk says the one by itself, a ground brings the other
/** Deeds that end or move something for good: asked twice. */
export const GRAVE: readonly string[] = ['withdraw', 'merge', 'archive', 'refuse', 'return', 'redo', 'reject']
/** Deeds the page has its own forms for. */
export const OWN_FORM: readonly string[] = ['reply', 'revisit']
/** What is done most, first; the rest stands behind “more”. */
const ORDER: readonly string[] = [
  'sign', 'contact', 'reply', 'dispatch', 'decide', 'review', 'resolve', 'grant_extension', 'refuse_extension', 'revisit', 'return', 'reject', 'redo',
  'ask_extension', 'dispute', 'escalate', 'press', 'set_term', 'supplement', 'urge', 'answer', 'refuse', 'file', 'archive', 'merge', 'withdraw',
]
const BEHIND = new Set(['set_term', 'supplement', 'urge', 'archive', 'merge', 'withdraw', 'answer', 'refuse', 'file'])

export function kindOf(fact: string, choices: Record<string, string[]>): Kind {
  if (choices[fact]?.length) return 'choice'
  if (fact === 'unit') return 'unit'
  if (fact === 'into') return 'ticket'
  if (fact === 'article' || fact === 'ground') return fact
  if (FLAGS.has(fact)) return 'flag'
  if (MOMENTS.has(fact)) return 'moment'
  return LINES.has(fact) ? 'line' : 'text'
}

/** Which flags of the matter the form says otherwise than the ticket has them. */
const corrected = (given: Record<string, unknown>, had: readonly string[]): string[] =>
  [...CORRECTED].filter((flag) => flag in given && (given[flag] === true) !== had.includes(flag))

/** The facts a form shows, needed ones first. A named deadline's parts appear once its kind is chosen. `had`: the ticket's flags. */
export function fieldsOf(option: Option, given: Record<string, unknown>, had: readonly string[] = []): { fact: string; needed: boolean }[] {
  const shown = (fact: string): boolean => {
    if (LEFT_OUT.has(fact)) return false
    const named = option.may.includes('term')
    if (named && fact === 'until') return Boolean(given.term)
    if (fact === 'term_basis') return given.term === 'statutory'
    if (option.action === 'press' && fact === 'until') return given.way === 'order' || given.way === 'notice'
    if (option.action === 'press' && fact === 'rang') return given.way === 'phone'
    if (fact === 'evidence' && option.action === 'review') return Boolean(given.site)
    if (fact === 'evidence' && option.action === 'return') return Boolean(given.on_site)
    return true
  }
  const wanted = (fact: string): boolean =>
    (fact === 'until' && Boolean(given.term)) || fact === 'evidence' ||
    (fact === 'note' && CORRECTING.includes(option.action) && corrected(given, had).length > 0)
  const needed = option.needs.map((fact) => ({ fact, needed: true }))
  const more = option.may.map((fact) => ({ fact, needed: wanted(fact) }))
  return [...needed, ...more].filter((one) => shown(one.fact))
}

/** What is sent: nothing that was left empty, flags as they are, those of the matter where they changed, moments on China's clock. */
export function factsOf(fields: { fact: string }[], given: Record<string, unknown>, had: readonly string[] = []): Record<string, string | boolean> {
  const facts: Record<string, string | boolean> = {}
  for (const { fact } of fields) {
    const value = given[fact]
    if (typeof value === 'boolean' && CORRECTED.has(fact)) {
      if (corrected(given, had).includes(fact)) facts[fact] = value
    } else if (typeof value === 'boolean') {
      if (value || fact === 'reached' || fact === 'contacted' || fact === 'solved') facts[fact] = value
    } else if (typeof value === 'string' && value.trim()) facts[fact] = value.trim()
  }
  return facts
}

/** Needed facts that are still missing; a needed flag must be ticked. */
export function missingOf(fields: { fact: string; needed: boolean }[], given: Record<string, unknown>): string[] {
  return fields
    .filter(({ fact, needed }) => needed && !(given[fact] === true || (typeof given[fact] === 'string' && given[fact].trim())))
    .map(({ fact }) => fact)
}

export function inOrder(options: readonly Option[]): { first: Option[]; more: Option[] } {
  const sorted = [...options].sort((one, other) => ORDER.indexOf(one.action) - ORDER.indexOf(other.action))
  return { first: sorted.filter((one) => !BEHIND.has(one.action)), more: sorted.filter((one) => BEHIND.has(one.action)) }
}
