import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ok } from '@/api/client'
import { asProblem, Problem } from '@/api/problem'
import type { components } from '@/api/schema'
import { shelf } from '@/api/tokens'
import { live, type LiveData } from '@/api/live'
import { latest, useTopic } from '@/api/use'
import { phone } from '@/phone/phone'
import { useSession } from '@/stores/session'
import { i18n } from '@/i18n'
import { forgetAll } from './form'
import { forgetListening, listenAgain } from './listens'

export type Seat = components['schemas']['SeatView']
/** page: the phone is in the page. outside: a softphone or desk phone of one's own. */
export type PhoneKind = 'page' | 'outside'

const KIND = 'hotline.phone.kind'
const SETTLE_MS = 60
const CHECK_MS = 10_000
const CHECK_LIVE_MS = 30_000 // a message lost on its way must not leave a citizen ringing unseen
const BACK_TRIES = 5
const BACK_MS = 1500

/** The seat one sits at, its phone, and the call that is there. Lives as long as the window, whatever page is shown. */
export const useDesk = defineStore('agent-desk', () => {
  const session = useSession()
  const seat = shallowRef<Seat | null>(null)
  const wrapUpS = ref(120)
  const known = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const kind = ref<PhoneKind>((localStorage.getItem(KIND) as PhoneKind | null) ?? 'page')
  /** The call that is looked at: the seat's own, or an earlier one to be finished. */
  const callId = ref<string | null>(null)
  /** A talk whose sound could not be brought back into the page, and why. */
  const silent = shallowRef<Problem | null>(null)
  const begun = latest()
  let readAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let more = false

  async function read(): Promise<void> {
    const holds = begun()
    readAt = Date.now()
    try {
      const mine = await ok(api.GET('/seats/mine'))
      if (!holds()) return
      seat.value = mine.seat ?? null
      wrapUpS.value = mine.wrap_up_s
      problem.value = null
      known.value = true
    } catch (error) {
      if (holds()) problem.value = asProblem(error)
    }
  }

  setInterval(() => {
    const patience = live.status.state === 'live' ? CHECK_LIVE_MS : CHECK_MS
    if (seat.value && Date.now() - readAt >= patience) void read()
  }, CHECK_MS)

  /** At once, for somebody is ringing; what is told within the next moment is read together at its end. */
  function soon(): void {
    more = timer !== undefined
    if (more) return
    void read()
    timer = setTimeout(() => {
      timer = undefined
      if (more) soon()
    }, SETTLE_MS)
  }

  /** Who rings is shown before the seat is read: a citizen waits. */
  function hear(data: LiveData): void {
    if (data.event === 'call.ringing' && !busy.value) callId.value = String(data.call_id)
    soon()
  }

  useTopic(() => (seat.value ? `seat.${seat.value.id}` : null), hear, soon)
  useTopic(() => (seat.value?.call_id ? `call.${seat.value.call_id}` : null), (data) => {
    if (data.event === 'call.ended' || String(data.event).startsWith('transfer.')) soon()
  })
  watch(
    () => [seat.value?.call_id, seat.value?.state] as const,
    ([call, state]) => {
      if (call && state !== 'reserved') callId.value = call
    },
  )
  watch(
    () => [seat.value?.id, kind.value] as const,
    ([id, how], before) => {
      if (before?.[0] && (!id || how === 'outside')) phone.close()
      if (id && how === 'page') void open(id)
    },
  )
  watch(
    () => phone.state.link,
    (link) => {
      if (link === 'ready') void comeBack().then(listenBack)
    },
  )
  watch(
    () => [phone.state.call, phone.state.broken] as const,
    ([call, broken], [before, brokenBefore]) => {
      soon()
      if (broken !== brokenBefore) void comeBack().then(listenBack)
      else if (before === 'talking' && call === 'none') forgetListening() // it ended, or one left
    },
  )

  async function open(id: string, steal = false): Promise<void> {
    try {
      await phone.open(id, steal)
    } catch (error) {
      problem.value = asProblem(error)
    }
  }

  /** This page is new and its seat is in a talk: ask for the sound. */
  async function comeBack(): Promise<void> {
    await read()
    for (let tries = 0; tries < BACK_TRIES; tries++) {
      const call = seat.value?.call_id
      if (!call || seat.value?.state !== 'talking' || phone.state.call !== 'none' || phone.state.link !== 'ready') return
      phone.expecting = true
      try {
        await ok(api.POST('/calls/{call_id}/bring-back', { params: { path: { call_id: call } } }))
        silent.value = null
        return
      } catch (error) {
        phone.expecting = false
        silent.value = asProblem(error)
        if (!silent.value.retryable) return
        await new Promise((resolve) => setTimeout(resolve, BACK_MS))
      }
    }
  }

  /** This page is new and its supervisor was listening: the same again, with its reason on record. */
  async function listenBack(): Promise<void> {
    if (!seat.value || seat.value.call_id || phone.state.call !== 'none') return
    await listenAgain(i18n.global.t('shell.listensAgain'), answersItself).catch((error: unknown) => (silent.value = asProblem(error)))
  }

  /** A deed that rings this seat because we ask for it: the phone in the page picks up by itself. Whether it is in the page. */
  async function answersItself(deed: () => Promise<unknown>): Promise<boolean> {
    const here = kind.value === 'page' && (await phone.settled())
    phone.expecting = here
    await deed().catch((error: unknown) => {
      phone.expecting = false
      throw error
    })
    return here
  }

  function choose(how: PhoneKind): void {
    kind.value = how
    localStorage.setItem(KIND, how)
  }

  const path = () => ({ params: { path: { seat_id: seat.value?.id ?? '' } } })

  /** What a deed made of the seat; where something was told meanwhile (the next call rings), it is read anew. */
  async function becomes(deed: Promise<Seat>): Promise<void> {
    const holds = begun()
    const now = await deed.catch((error: unknown) => {
      void read()
      throw error
    })
    if (holds()) seat.value = now
    else await read()
  }

  const sit = (id: string) => becomes(ok(api.POST('/seats/{seat_id}/login', { params: { path: { seat_id: id } } })))
  const ready = () => becomes(ok(api.POST('/seats/{seat_id}/ready', path())))
  const pause = (reason: string) => becomes(ok(api.POST('/seats/{seat_id}/pause', { ...path(), body: { reason } })))
  async function leave(): Promise<void> {
    await ok(api.POST('/seats/{seat_id}/logout', path()))
    begun() // an answer still on its way knows the seat
    phone.close()
    seat.value = null
    callId.value = null
  }

  /** The seat is left with its person, or calls would go on ringing at nobody's; never out of a talk. */
  session.beforeLeaving(async () => {
    if (!seat.value) return null
    if (busy.value) return new Problem({ code: 'in_a_talk', status: 409 })
    try {
      await leave()
      return null
    } catch (error) {
      const problem = asProblem(error)
      return problem.status ? problem : null // the service is away: the seat is looked after without us
    }
  })

  shelf.watch((tokens) => {
    if (tokens) return
    begun()
    forgetAll()
    forgetListening()
    seat.value = null
    callId.value = null
    known.value = false
  })

  const state = computed(() => seat.value?.state ?? 'logged_out')
  const busy = computed(() => ['ringing', 'talking'].includes(state.value))
  /** The call that hears the greeting and will ring here next. */
  const coming = computed(() => (state.value === 'reserved' ? (seat.value?.call_id ?? null) : null))
  return { seat, state, busy, coming, wrapUpS, known, problem, kind, callId, silent, read, choose, sit, ready, pause, leave, open, comeBack, answersItself }
})
