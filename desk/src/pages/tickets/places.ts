import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api, ok } from '@/api/client'
import type { components } from '@/api/schema'
import { readOnce } from '@/api/use'

/** The city's places, read once a log-in: what a code is called, from the county down. */
export const usePlaces = defineStore('places', () => {
  const all = shallowRef<components['schemas']['DivisionView'][]>([])
  const home = shallowRef('')

  /** Where they can’t be had, their codes are shown. */
  const read = readOnce(async () => {
    const found = await ok(api.GET('/divisions'))
    ;[all.value, home.value] = [found.items, found.home]
  })

  const byCode = computed(() => new Map(all.value.map((one) => [one.code, one])))
  const counties = computed(() => all.value.filter((one) => one.level === 'county'))

  /** 苏仙区白露塘镇: what lies below the city; the city's own name for the city, the code for what is not known. */
  function nameOf(code: string | null | undefined): string {
    const names: string[] = []
    for (let one = byCode.value.get(code ?? ''); one && one.code !== home.value; one = byCode.value.get(one.parent ?? '')) names.unshift(one.name)
    return names.join('') || byCode.value.get(code ?? '')?.name || (code ?? '')
  }

  /** The administrative tree from the city down, each place after the one it lies in. `depth`: how far below the city. */
  const tree = computed(() => {
    const walk = (code: string, depth: number): { code: string; depth: number; name: string }[] =>
      all.value.filter((one) => one.parent === code).flatMap((one) => [{ code: one.code, depth, name: one.name }, ...walk(one.code, depth + 1)])
    const city = byCode.value.get(home.value)
    return city ? [{ code: city.code, depth: 0, name: city.name }, ...walk(city.code, 1)] : []
  })
  return { all, counties, tree, read, nameOf }
})
