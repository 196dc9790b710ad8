import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api, ok } from '@/api/client'
import type { components } from '@/api/schema'

export type Unit = components['schemas']['UnitView']
const PAGE = 200
const MOST = 2000

/** The city's units, read once a log-in: what a code is called, and which to choose from. */
export const useUnits = defineStore('units', () => {
  const all = shallowRef<Unit[]>([])
  let reading: Promise<void> | null = null

  function read(): Promise<void> {
    reading ??= find().catch((error: unknown) => {
      reading = null
      throw error
    })
    return reading
  }

  async function find(): Promise<void> {
    const found: Unit[] = []
    for (;;) {
      const page = await ok(api.GET('/units', { params: { query: { limit: PAGE, offset: found.length } } }))
      found.push(...page.items)
      if (found.length >= page.total || !page.items.length || found.length >= MOST) break
    }
    all.value = found
  }

  const names = computed(() => new Map(all.value.map((unit) => [unit.code, unit.name])))
  const nameOf = (code: string | null | undefined): string => (code ? (names.value.get(code) ?? code) : '')
  return { all, read, nameOf }
})
