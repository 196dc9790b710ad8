/** Moments of a clock as people say them: 24:00 of the day on which it ends. */
import { useI18n } from 'vue-i18n'
import { lastDay } from './clock'

export function useMoments() {
  const { t, d } = useI18n()
  /** `day`: how the day is written before 24:00; `other`: how any other moment is. */
  function said(moment: string, day: 'date' | 'day' = 'date', other: 'full' | 'moment' = 'full'): string {
    const { at, midnight } = lastDay(moment)
    return midnight ? t('tickets.clock.midnight', { day: d(at, day) }) : d(at, other)
  }
  return { said }
}
