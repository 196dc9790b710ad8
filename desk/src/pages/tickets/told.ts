import { useI18n } from 'vue-i18n'
import { useUnits } from './units'

/** A fact as the API gives it; `payload` as core.events wrote it. */
export interface Fact {
  name: string
  payload: Record<string, unknown>
}

const HIDDEN = new Set(['version'])
const MOMENT = /^\d{4}-\d\d-\d\dT/

/** A ticket's facts in words: what was done, by whose unit, and what was said with it. */
export function useTold() {
  const { t, te, d } = useI18n()
  const units = useUnits()
  const named = (key: string, otherwise: string): string => (te(key) ? t(key) : otherwise)

  function valueOf(fact: string, value: unknown): string {
    if (typeof value === 'boolean') return t(value ? 'tickets.yesNo' : 'tickets.noNo')
    const text = Array.isArray(value) ? value.join('、') : typeof value === 'object' && value ? JSON.stringify(value) : String(value)
    if (MOMENT.test(text)) return d(new Date(text), 'full')
    if (fact === 'unit') return units.nameOf(text)
    return named(`tickets.choice.${fact}.${text}`, text)
  }

  const isQuoted = (fact: string, value: unknown): boolean => typeof value !== 'boolean' && !MOMENT.test(String(value)) && !te(`tickets.choice.${fact}.${String(value)}`)

  function deedOf(event: Fact): string {
    const { action = '', colour = '', stage } = event.payload
    if (colour) return t('tickets.fell', { sign: named(`tickets.sign.${String(colour)}`, String(colour)), stage: named(`tickets.stage.${String(stage)}`, '') })
    if (action) return named(`tickets.action.${String(action)}`, String(action))
    const name = `tickets.event.${event.name.replaceAll('.', '_')}`
    return named(`${name}_${String(event.payload.way ?? '')}`, named(name, event.name))
  }

  /** `quoted`: somebody's own words or a name, not ours. */
  function factsOf(event: Fact): { name: string; words: string; quoted: boolean }[] {
    const { action = '', facts, what_is_new, despite } = event.payload
    return Object.entries((facts ?? { what_is_new, despite }) as Record<string, unknown>)
      .filter(([fact, value]) => value !== '' && value != null && !HIDDEN.has(fact) && !(fact === 'unit' && action !== 'dispatch' && action !== 'decide'))
      .map(([fact, value]) => ({ name: named(`tickets.fact.${String(action)}_${fact}`, named(`tickets.fact.${fact}`, fact)), words: valueOf(fact, value), quoted: isQuoted(fact, value) }))
  }

  const unitOf = (event: Fact): string => (typeof event.payload.unit === 'string' ? units.nameOf(event.payload.unit) : '')
  return { named, deedOf, factsOf, unitOf }
}
