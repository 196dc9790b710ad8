import { useI18n } from 'vue-i18n'
import type { components } from '@/api/schema'

type Day = components['schemas']['DayView']

/** Why a day counts or not, in the reader's language: the API's own words are Chinese, its codes are for everybody else. */
export function useDays() {
  const { t, te, locale } = useI18n()

  function dayWords(sort: string, holiday: string, ours: string): string {
    if (locale.value !== 'en') return ours
    const named = holiday || 'other'
    return sort ? t(`tickets.day.sort.${sort}`, { name: te(`tickets.day.holiday.${named}`) ? t(`tickets.day.holiday.${named}`) : named }) : ''
  }

  const why = (day: Day): string =>
    locale.value === 'en' ? t(`tickets.day.how.${day.how}`, { n: day.n, day: dayWords(day.sort, day.holiday, day.why) }) : day.why

  return { why, dayWords }
}
