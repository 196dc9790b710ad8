import { computed, type Ref } from 'vue'
import { api, ok } from '@/api/client'
import type { Problem } from '@/api/problem'
import type { components } from '@/api/schema'
import { useLoaded } from '@/api/use'

export type Policy = components['schemas']['PolicyView']

/** The profiles there are: this city's own first. */
export function usePolicies(): { all: Ref<Policy[]>; ours: Ref<string>; problem: Ref<Problem | null> } {
  const found = useLoaded(() => ok(api.GET('/policies')))
  const all = computed(() => [...(found.data.value?.items ?? [])].sort((a, b) => Number(b.ours) - Number(a.ours)))
  return { all, ours: computed(() => all.value[0]?.name ?? ''), problem: found.problem }
}
