import { defineStore } from 'pinia'
import { computed, reactive, watch } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'
export type Language = 'zh-CN' | 'en'

interface Look {
  theme: Theme
  language: Language
  large: boolean
  narrowRail: boolean
}

const KEY = 'hotline.look' // public/first.js reads it before anything is drawn

function kept(): Look {
  const look: Look = { theme: 'auto', language: 'zh-CN', large: false, narrowRail: false }
  try {
    return { ...look, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Look>) }
  } catch {
    return look
  }
}

/** How the desk looks to this person on this machine: theme, language, letter size. */
export const useLook = defineStore('look', () => {
  const look = reactive(kept())
  const system = matchMedia('(prefers-color-scheme: dark)')
  const clock = reactive({ systemDark: system.matches })
  system.addEventListener('change', (event) => (clock.systemDark = event.matches))
  const dark = computed(() => look.theme === 'dark' || (look.theme === 'auto' && clock.systemDark))

  watch(
    () => [dark.value, look.large, look.language, look.theme, look.narrowRail] as const,
    ([isDark, large, language]) => {
      const root = document.documentElement
      root.classList.toggle('dark', isDark)
      root.classList.toggle('large', large)
      root.lang = language
      document
        .querySelector('meta[name="theme-color"]')
        ?.setAttribute('content', getComputedStyle(root).getPropertyValue('--ground').trim())
      localStorage.setItem(KEY, JSON.stringify(look))
    },
    { immediate: true, flush: 'post' },
  )
  return { look, dark }
})
