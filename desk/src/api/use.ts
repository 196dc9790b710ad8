import { getCurrentScope, onScopeDispose, ref, shallowRef, type Ref, watch } from 'vue'
import { live, type LiveData } from '@/api/live'
import { asProblem, type Problem } from '@/api/problem'

/** Hear a live topic as long as the component lives. `back`: it is heard from now on, read anew. A topic of null listens to nothing. */
export function useTopic(topic: () => string | null, hear: (data: LiveData) => void, back?: () => void): void {
  watch(
    topic,
    (name, _before, onCleanup) => {
      if (name) onCleanup(live.listen(name, hear, { back }))
    },
    { immediate: true },
  )
}

/** Of readings that overlap only the one begun last counts: `const holds = begun()`, and after the answer `holds()`. */
export function latest(): () => () => boolean {
  let turn = 0
  return () => {
    const mine = ++turn
    return () => mine === turn
  }
}

/** Read once, and again only after it failed; never fails itself: whoever needs what is read does without. */
export function readOnce(find: () => Promise<void>): () => Promise<void> {
  let reading: Promise<void> | null = null
  return () => {
    reading ??= find().catch(() => {
      reading = null
    })
    return reading
  }
}

export interface Loaded<T> {
  data: Ref<T | undefined>
  problem: Ref<Problem | null>
  loading: Ref<boolean>
  /** Read again; the old data stays on screen meanwhile. */
  again: () => Promise<void>
}

/** Whether each was read for the first time or could not be: shown then and not one by one, nothing pushes away what one has begun to read. */
export const allRead = (...all: Pick<Loaded<unknown>, 'data' | 'problem'>[]): boolean =>
  all.every((one) => one.data.value !== undefined || one.problem.value !== null)

/** Read something once now and whenever `when` changes; an answer that was overtaken by a later one is dropped. */
export function useLoaded<T>(read: () => Promise<T>, when?: () => unknown): Loaded<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem | null>(null)
  const loading = ref(false)
  const begun = latest()
  let alive = true
  const again = async () => {
    const holds = begun()
    loading.value = true
    try {
      const found = await read()
      if (holds() && alive) [data.value, problem.value] = [found, null]
    } catch (error) {
      if (holds() && alive) problem.value = asProblem(error)
    } finally {
      if (holds()) loading.value = false
    }
  }
  if (getCurrentScope()) onScopeDispose(() => (alive = false))
  if (when) watch(when, () => void again(), { immediate: true })
  else void again()
  return { data, problem, loading, again }
}

export interface Deed<A extends unknown[], T> {
  doing: Ref<boolean>
  problem: Ref<Problem | null>
  /** What the deed gave; undefined where it failed (`problem` says why) or one was under way. */
  run: (...given: A) => Promise<T | undefined>
}

/** One deed behind a button: never twice at once, its problem kept for showing. */
export function useDeed<A extends unknown[], T>(act: (...given: A) => Promise<T>): Deed<A, T> {
  const doing = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const run = async (...given: A) => {
    if (doing.value) return undefined
    doing.value = true
    problem.value = null
    try {
      return await act(...given)
    } catch (error) {
      problem.value = asProblem(error)
      return undefined
    } finally {
      doing.value = false
    }
  }
  return { doing, problem, run }
}
