import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { api, ok, onceKey } from '@/api/client'
import { live, type LiveData } from '@/api/live'
import { asProblem, type Problem } from '@/api/problem'
import type { components } from '@/api/schema'
import { latest, useTopic } from '@/api/use'
import { fromKept, heard, type Line } from './captions'
import { exits, sureUnit, type Marks, type Proposal } from './exits'
import { emptyForm, filledFrom, forget, recall, remember, unitFrom, type Draft, type Form } from './form'

export type Pop = components['schemas']['PopView']
export type Call = components['schemas']['CallView']
export type Transfer = components['schemas']['TransferView']

/** How somebody is called in: asked aside, heard by all at once, or given the citizen. */
export const HOWS = ['consult', 'three_way', 'blind'] as const
export type How = (typeof HOWS)[number]

const SETTLE_MS = 250

/**
 * Everything the page shows of one call; read whole when the call changes and after every gap, then kept true by live messages.
 * `stage`: what the seat does with a call, empty where it has none. `coming`: the call that will ring next; who it is is read while the citizen hears the greeting.
 */
export function useTalk(callId: Ref<string | null>, stage: Ref<string>, coming: Ref<string | null>) {
  const pop = shallowRef<Pop | null>(null)
  const call = shallowRef<Call | null>(null)
  const lines = shallowRef<Line[]>([])
  const proposals = shallowRef<Proposal[]>([])
  const marks = shallowRef<Marks | null>(null)
  const transfers = shallowRef<Transfer[]>([])
  const asked = ref(false) // whether it is known who was called in
  const form = ref<Form>(emptyForm(onceKey()))
  const draft = shallowRef<Draft | null>(null)
  const filed = shallowRef<{ id: string; number: string; title: string }[]>([])
  /** An exit that was taken and can still be taken back. */
  const closing = shallowRef<Proposal | null>(null)
  const problem = shallowRef<Problem | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let ahead: { id: string; pop: Promise<Pop> } | null = null
  let shown = Promise.resolve() // who calls comes first; what else there is to read waits for that

  const path = (id: string) => ({ params: { path: { call_id: id } } })

  /** Reads `work` for the call that is shown now; an answer for one that is no longer shown, or that a later reading overtook, is dropped. */
  function reader<T>(work: (id: string) => Promise<T>, take: (found: T) => void): () => Promise<void> {
    const begun = latest()
    return async () => {
      const id = callId.value
      if (!id) return
      const holds = begun()
      try {
        const found = await work(id)
        if (holds() && id === callId.value) take(found)
      } catch (error) {
        if (holds() && id === callId.value) problem.value = asProblem(error)
      }
    }
  }

  const whoCalls = (id: string) => ok(api.GET('/calls/{call_id}/pop', path(id)))
  /** What was read ahead is taken once, and read again where that failed. */
  function whoRings(id: string): Promise<Pop> {
    const known = ahead?.id === id ? ahead.pop.catch(() => whoCalls(id)) : whoCalls(id)
    ahead = null
    return known
  }
  const readPop = reader(whoRings, (found) => {
    pop.value = found
    if (!form.value.name && !form.value.touched.includes('name') && found.name && !found.name.includes('*')) form.value.name = found.name
    if (!form.value.place && !form.value.touched.includes('place')) form.value.place = found.place
  })
  const readCall = reader((id) => ok(api.GET('/calls/{call_id}', path(id))), (found) => (call.value = found))
  const readLines = reader((id) => ok(api.GET('/calls/{call_id}/utterances', path(id))), (found) => (lines.value = fromKept(found.items, lines.value)))
  const readProposals = reader((id) => ok(api.GET('/calls/{call_id}/proposals', path(id))), (found) => {
    proposals.value = found.items
    marks.value = found.sure
    form.value = unitFrom(form.value, sureUnit(found.items))
  })
  const readTransfers = reader((id) => ok(api.GET('/calls/{call_id}/transfers', path(id))), (found) => {
    transfers.value = found.items
    asked.value = true
  })
  const readDraft = reader((id) => ok(api.GET('/calls/{call_id}/draft', path(id))), (found) => {
    draft.value = found
    form.value = filledFrom(form.value, found)
  })
  const readFiled = reader(
    (id) => ok(api.GET('/tickets', { params: { query: { same_caller_as: id, limit: 20 } } })),
    (found) => (filed.value = found.items.filter((one) => one.call_id === callId.value).map(({ id, number, title }) => ({ id, number, title }))),
  )

  function readRest(): void {
    for (const read of [readCall, readLines, readProposals, readTransfers, readDraft, readFiled]) void read()
  }
  function readAll(): void {
    problem.value = null
    void readPop()
    readRest()
  }

  function soon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      void readProposals()
      void readDraft()
    }, SETTLE_MS)
  }

  function hear(data: LiveData): void {
    const event = String(data.event)
    if (event === 'call.utterance') {
      lines.value = heard(lines.value, {
        speaker: String(data.speaker), text: String(data.text), final: data.final === true, start: Number(data.start_s),
      })
    } else if (event === 'call.suggested') soon()
    else if (event.startsWith('transfer.')) {
      void readTransfers()
      void readCall()
    } else if (event === 'ticket.filed') void readFiled()
    else void readCall()
  }

  /** It is heard from now on. Each reading of who calls is noted: once is enough unless something failed. */
  function back(): void {
    if (problem.value) readAll()
    else void shown.then(readRest)
  }

  watch(
    callId,
    (id) => {
      pop.value = call.value = draft.value = null
      lines.value = []
      proposals.value = []
      transfers.value = []
      asked.value = false
      filed.value = []
      if (!id) return
      form.value = recall(id, onceKey())
      problem.value = null
      shown = readPop()
      if (live.status.state !== 'live' || live.hears(`call.${id}`)) back() // else as soon as it is heard
    },
    { immediate: true },
  )
  watch(
    coming,
    (id) => {
      ahead = id ? { id, pop: whoCalls(id) } : ahead
      ahead?.pop.catch(() => undefined)
    },
    { immediate: true },
  )
  watch(stage, () => void readCall()) // since when one talks is the call's
  watch(form, (now) => callId.value && remember(callId.value, now), { deep: true })
  useTopic(() => (callId.value ? `call.${callId.value}` : null), hear, back)

  /** What was filed is filed: the next ticket of this call begins empty. */
  function done(): void {
    if (callId.value) forget(callId.value)
    form.value = { ...emptyForm(onceKey()), touched: ['type', 'title', 'body', 'unit'], name: form.value.name, place: form.value.place }
    void readFiled()
    void readCall()
  }

  const card = computed(() => exits(proposals.value, marks.value))
  const current = computed(() => transfers.value.find((one) => ['ringing', 'talking', 'merged'].includes(one.state)) ?? null)
  return { pop, call, lines, proposals, card, transfers, asked, current, form, draft, filed, closing, problem, readAll, readProposals, readTransfers, readCall, done }
}

export type Talk = ReturnType<typeof useTalk>
