import { onScopeDispose, ref, type Ref } from 'vue'

const TICK_MS = 30_000

/** This moment, epoch ms, kept true to half a minute as long as the component lives. */
export function useNow(): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), TICK_MS)
  onScopeDispose(() => clearInterval(timer))
  return now
}
