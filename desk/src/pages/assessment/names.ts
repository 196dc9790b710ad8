/** What the codes of a sheet are called in the reader's language. */
import { useI18n } from 'vue-i18n'

export function useNames() {
  const { t, te } = useI18n()
  const named = (group: string, code: string, otherwise: string) => (te(`assessment.${group}.${code}`) ? t(`assessment.${group}.${code}`) : otherwise)
  /** `2026-10`, `2026-Q4` or `2026`. */
  function period(name: string): string {
    const [year, part] = name.split('-')
    if (!part) return t('assessment.yearOf', { year })
    return part.startsWith('Q') ? t('assessment.quarterOf', { year, quarter: t(`assessment.quarters.${part.slice(1)}`) }) : t('assessment.monthOf', { year, month: Number(part) })
  }
  return {
    item: (code: string, otherwise = code) => named('item', code, otherwise),
    share: (code: string, otherwise = code) => named('share', code, otherwise),
    /** What a share counts; a paper that was frozen says it itself. */
    note: (share: { name: string; note: string; denominators?: object | null }) => {
      const never = share.name === 'solved' && share.denominators && 'redone_counted' in share.denominators
      return named('shareNote', never ? 'solved_never' : share.name, share.note)
    },
    kind: (code: string) => named('kind', code, code),
    period,
  }
}
