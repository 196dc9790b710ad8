import { computed, onScopeDispose, ref, watch } from 'vue'
import { api, ok } from '@/api/client'
import { useLoaded, useTopic } from '@/api/use'
import { useSession } from '@/stores/session'

const SETTLE_MS = 250 // a busy floor tells many things at once: one reading for all
const READ_ANEW_MS = 20_000 // what nobody tells of: figures of the day

/** The whole floor, kept true by its live topics; `now` ticks in the server's time. */
export function useLiveFloor() {
  const session = useSession()
  const floor = useLoaded(() => ok(api.GET('/floor')))
  const skew = ref(0)
  const now = ref(Date.now())
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void floor.again()
    }, SETTLE_MS)
  }
  watch(
    () => floor.data.value?.at,
    (at) => {
      if (at) skew.value = Date.parse(at) - Date.now()
    },
  )
  const ticking = setInterval(() => (now.value = Date.now() + skew.value), 1000)
  const reading = setInterval(soon, READ_ANEW_MS)
  onScopeDispose(() => {
    clearInterval(ticking)
    clearInterval(reading)
    clearTimeout(timer)
  })
  useTopic(() => 'floor', soon, soon)
  useTopic(() => (session.may(['supervisor', 'admin']) ? 'supervision' : null), soon)
  const manages = computed(() => session.may(['supervisor', 'admin']))
  return { ...floor, now, manages, soon }
}
