import { useI18n } from 'vue-i18n'
import { useUnits } from '@/pages/tickets/units'

/** What a party that checks a version is called: leader, office or unit:CODE. */
export function useParties(): (party: string) => string {
  const { t } = useI18n()
  const units = useUnits()
  return (party) => {
    const [kind, code] = party.split(':')
    return code ? units.nameOf(code) : t(`knowledge.party.${kind}`)
  }
}
