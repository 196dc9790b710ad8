import { createI18n } from 'vue-i18n'
import en from '@/locales/en.json'
import zh from '@/locales/zh.json'
import type { Language } from '@/stores/look'

interface Messages {
  [key: string]: string | Messages
}
type Load = () => Promise<Messages>

/** Each area's words lie beside its pages and come with them: `pages/tickets/zh.json` is `t('tickets.…')`. */
const files = import.meta.glob<Messages>('../pages/*/{zh,en}.json', { import: 'default' })

/** Every clock on the desk is China's, wherever the machine believes it stands. */
function withZone<T extends Record<string, Intl.DateTimeFormatOptions>>(formats: T) {
  return Object.fromEntries(Object.entries(formats).map(([name, format]) => [name, { ...format, timeZone: 'Asia/Shanghai' }]))
}

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: false,
  messages: { 'zh-CN': zh, en } as Record<string, Messages>,
  datetimeFormats: Object.fromEntries(
    ['zh-CN', 'en'].map((language) => [
      language,
      withZone({
        time: { hour: '2-digit', minute: '2-digit', hour12: false },
        day: { month: 'numeric', day: 'numeric' },
        date: { year: 'numeric', month: 'numeric', day: 'numeric' },
        weekday: { month: 'numeric', day: 'numeric', weekday: 'short' },
        moment: { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
        exact: { year: 'numeric', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
        full: { year: 'numeric', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
      }),
    ]),
  ) as never,
  missingWarn: true,
  fallbackWarn: false,
})

const loaded = new Set<string>()

/** The words of `area` in `language`, fetched once. */
export async function loadWords(area: string, language: Language): Promise<void> {
  const short = language === 'en' ? 'en' : 'zh'
  const name = `${short}:${area}`
  const load = files[`../pages/${area}/${short}.json`] as Load | undefined
  if (loaded.has(name) || !load) return
  i18n.global.mergeLocaleMessage(language, { [area]: await load() })
  loaded.add(name)
}
