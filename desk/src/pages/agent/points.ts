import { ofType, type Draft, type Form } from './form'

/** What kind of thing the talk gave: it says which field a point goes to; a sensitive word goes to none, it is a warning. */
export type PointKind = 'type' | 'demand' | 'when' | 'place' | 'person' | 'number' | 'urgent' | 'sensitive'

/** One thing heard in the talk, with the words it came from. `taken`: the form says so already. */
export interface Point {
  key: string
  kind: PointKind
  value: string
  quote: string
  taken: boolean
  /** An ID card whose check digit is wrong: most likely misheard. */
  doubtful?: boolean
}

type Part = { value: string; origins: { quote: string }[] }
const quoted = (part: Part): string => part.origins.map((one) => one.quote).find(Boolean) ?? ''
const bare = (text: string): string => text.replace(/[\s，。、；：！？,.;:!?]/g, '')
const says = (form: Form, words: string): boolean => bare(form.body).includes(bare(words))

/** What the talk gave for the form, in the order an agent asks for it; nothing twice, nothing empty. */
export function points(draft: Draft, form: Form): Point[] {
  const one = (kind: PointKind, part: Part, taken: boolean): Point[] => (part.value ? [{ key: kind, kind, value: part.value, quote: quoted(part), taken }] : [])
  const demands = draft.demands.map((part, n): Point => {
    const words = quoted(part) || part.value
    return { key: `demand${n}`, kind: 'demand', value: words, quote: '', taken: says(form, words) }
  })
  const numbers = draft.numbers.map((part): Point => ({ key: part.value, kind: 'number', value: part.value, quote: part.origin.quote, taken: says(form, part.value), doubtful: !part.checked }))
  const sensitive = draft.sensitive.map((part): Point => ({ key: part.value, kind: 'sensitive', value: part.name, quote: quoted(part), taken: false }))
  return [
    ...sensitive,
    ...one('urgent', draft.urgency, form.urgent),
    ...one('type', draft.type, form.type === draft.type.value),
    ...demands,
    ...one('when', draft.when, says(form, draft.when.value)),
    ...one('place', draft.place, form.place === draft.place.value),
    ...one('person', draft.citizen, form.name === draft.citizen.value),
    ...numbers,
  ]
}

/** The form with this point in it, by the agent's own hand: the talk does not write over it any more. `line`: how it is said in the text. */
export function adopted(form: Form, point: Point, line: string): Form {
  const put = (field: string, change: Partial<Form>): Form => ({ ...form, ...change, touched: [...new Set([...form.touched, field])] })
  switch (point.kind) {
    case 'type':
      return ofType(form, point.value)
    case 'place':
      return put('place', { place: point.value })
    case 'person':
      return put('name', { name: point.value })
    case 'urgent':
      return put('urgent', { urgent: true })
    case 'sensitive':
      return form
    default:
      return says(form, point.value) ? form : put('body', { body: [form.body.trimEnd(), line].filter(Boolean).join('\n') })
  }
}
