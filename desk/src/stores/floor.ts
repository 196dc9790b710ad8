import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api, ok } from '@/api/client'
import { live } from '@/api/live'
import { asProblem, type Problem } from '@/api/problem'
import type { components } from '@/api/schema'
import { latest } from '@/api/use'
import { useSession } from '@/stores/session'

export type Seat = components['schemas']['SeatView']

const SETTLE_MS = 150 // a busy floor tells many things at once: one reading for all of them

/** Every seat and its state, read once and kept true by the live topic `floor` while anybody `watch`es. */
export const useFloor = defineStore('floor', () => {
  const session = useSession()
  const seats = shallowRef<Seat[]>([])
  const problem = shallowRef<Problem | null>(null)
  const known = shallowRef(false)
  let watchers = 0
  let stop = () => {}
  const begun = latest()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function read(): Promise<void> {
    const holds = begun()
    try {
      const found = (await ok(api.GET('/seats'))).items
      if (!holds()) return
      seats.value = found
      problem.value = null
      known.value = true
    } catch (error) {
      if (holds()) problem.value = asProblem(error)
    }
  }

  function soon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void read()
    }, SETTLE_MS)
  }

  /** Keep `seats` true until the returned function is called. */
  function watch(): () => void {
    if (watchers++ === 0) {
      stop = live.listen('floor', soon, { back: soon })
      void read()
    }
    let left = false
    return () => {
      if (left) return
      left = true
      if (--watchers === 0) stop()
    }
  }

  /** The seat this person is logged in at. */
  const mine = computed(() => seats.value.find((seat) => seat.user_id !== null && seat.user_id === session.me?.id) ?? null)
  return { seats, mine, known, problem, read, watch }
})
