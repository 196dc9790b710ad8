import { onBeforeUnmount, onMounted } from 'vue'

/** A deed with a key: Alt and a letter or digit, or the question mark. `when` false: nothing happens now. */
export interface Key {
  key: string
  name: string
  run: () => unknown
  when?: () => boolean
}

/** As it is written on the sheet. */
export const written = (key: string): string => (key === '?' ? '?' : `Alt + ${key.toUpperCase()}`)

/** Whether this press is that key; letters by their place on the keyboard, so that an input method is no matter. */
export function pressed(event: Pick<KeyboardEvent, 'altKey' | 'ctrlKey' | 'metaKey' | 'code' | 'key' | 'target'>, key: string): boolean {
  if (event.ctrlKey || event.metaKey) return false
  if (key === '?') return event.key === '?' && !event.altKey && !writing(event.target)
  return event.altKey && event.code === (/\d/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`)
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
}

/** These keys work as long as the component is shown. */
export function useKeys(keys: () => Key[]): void {
  function press(event: KeyboardEvent): void {
    const found = keys().find((one) => pressed(event, one.key))
    if (!found) return
    event.preventDefault()
    if (!event.repeat && (found.when?.() ?? true)) found.run()
  }
  onMounted(() => window.addEventListener('keydown', press))
  onBeforeUnmount(() => window.removeEventListener('keydown', press))
}
