import type { components } from '@/api/schema'
import type { Flag, Kind } from '@/pages/tickets/kinds'

export type Draft = components['schemas']['DraftView']
export type TicketGiven = components['schemas']['TicketGiven']

/** What the agent files. `kind`: of matter, '' for the type itself; `touched`: fields a person wrote in; the talk never writes over them. */
export interface Form {
  type: string
  kind: string
  flags: Flag[]
  title: string
  body: string
  name: string
  unit: string
  unitName: string
  place: string
  urgent: boolean
  confidential: boolean
  touched: string[]
  key: string
}

export const TYPES = ['consult', 'help', 'complaint', 'report', 'suggestion'] as const
const FILLED = ['type', 'title', 'body'] as const

export const emptyForm = (key: string): Form => ({
  type: '', kind: '', flags: [], title: '', body: '', name: '', unit: '', unitName: '', place: '', urgent: false, confidential: false, touched: [], key,
})

/** The form with what the talk says so far, wherever nobody has written anything themselves. */
export function filledFrom(form: Form, draft: Draft): Form {
  const next = { ...form }
  const free = (field: string) => !form.touched.includes(field)
  for (const field of FILLED) if (free(field) && draft[field].value) next[field] = draft[field].value
  if (free('place') && draft.place.value) next.place = draft.place.value
  if (free('name') && draft.citizen.value) next.name = draft.citizen.value
  if (free('urgent') && draft.urgency.value === 'urgent') next.urgent = true
  return next
}

/** With the unit that is surely meant, wherever nobody has chosen one. */
export function unitFrom(form: Form, sure: { ref: string; title: string } | undefined): Form {
  return form.touched.includes('unit') ? form : { ...form, unit: sure?.ref ?? '', unitName: sure?.title ?? '' }
}

/** Of this type by somebody's own choice. A kind has its type's clock: it does not outlive another type. */
export const ofType = (form: Form, type: string): Form => ({
  ...form, type, kind: type === form.type ? form.kind : '', touched: [...new Set([...form.touched, 'type'])],
})

/** Of this kind, which brings its type; none: the type itself. */
export const ofKind = (form: Form, kind: Pick<Kind, 'id' | 'type'> | undefined): Form =>
  kind ? { ...ofType(form, kind.type), kind: kind.id } : { ...form, kind: '' }

/** What still keeps the form from being filed. */
export function lacking(form: Form): ('type' | 'title' | 'body')[] {
  return FILLED.filter((field) => (field === 'type' ? !form.type : form[field].trim().length < 2))
}

export interface Said {
  repeatOf?: string
  newFacts?: string
  despite?: string
}

/** As the API takes it. */
export function given(form: Form, callId: string, said: Said = {}): TicketGiven {
  return {
    type: form.type as TicketGiven['type'],
    title: form.title.trim().slice(0, 120),
    body: form.body.trim(),
    call_id: callId,
    unit: form.unit || null,
    citizen_name: form.name.trim(),
    place: form.place,
    intake: form.kind,
    multi_unit: form.flags.includes('multi_unit'),
    on_site: form.flags.includes('on_site'),
    complex: form.flags.includes('complex'),
    urgency: form.urgent ? 'urgent' : 'normal',
    confidential: form.confidential,
    repeat_of: said.repeatOf ?? '',
    new_facts: said.newFacts?.trim() ?? '',
    despite: said.despite?.trim() ?? '',
  } as TicketGiven
}

const kept = (callId: string) => `hotline.form.${callId}`

/** A form begun in this tab and not yet filed, so that a reload loses nothing. */
export function recall(callId: string, key: string): Form {
  try {
    return { ...emptyForm(key), ...(JSON.parse(sessionStorage.getItem(kept(callId)) ?? '{}') as Partial<Form>) }
  } catch {
    return emptyForm(key)
  }
}

export const remember = (callId: string, form: Form): void => sessionStorage.setItem(kept(callId), JSON.stringify(form))
export const forget = (callId: string): void => sessionStorage.removeItem(kept(callId))

/** Nothing of a citizen stays in the tab once its user has logged out. */
export function forgetAll(): void {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith('hotline.form.')) sessionStorage.removeItem(name)
}
