import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api, ok } from '@/api/client'
import type { components } from '@/api/schema'
import { readOnce } from '@/api/use'

export type Kind = components['schemas']['IntakeView']
export type Flag = components['schemas']['IntakeViews']['flags'][number]

/** The kinds of matter the city takes and the flags its terms depend on, read once a log-in. */
export const useKinds = defineStore('kinds', () => {
  const all = shallowRef<Kind[]>([])
  const flags = shallowRef<Flag[]>([])

  /** Without them a matter is filed as an ordinary one. */
  const read = readOnce(async () => {
    const found = await ok(api.GET('/intake-types'))
    ;[all.value, flags.value] = [found.items, found.flags]
  })
  return { all, flags, read }
})
