import { onScopeDispose, shallowRef, type Ref } from 'vue'
import { api, ok } from '@/api/client'
import type { components, paths } from '@/api/schema'
import { useLoaded, useTopic, type Loaded } from '@/api/use'
import { useSession } from '@/stores/session'

type S = components['schemas']
export type Ticket = S['TicketView']
export type Options = S['OptionsView']
export type Facts = Record<string, string | boolean>
type Step = paths['/tickets/{ticket_id}/actions']['post']['requestBody']['content']['application/json']
const SETTLE_MS = 250

export interface Whole {
  ticket: Loaded<Ticket>
  options: Loaded<Options>
  ledger: Loaded<S['LedgerView']>
  replies: Loaded<S['ReplyView'][]>
  /** Which version was there when a form was opened: another one means that somebody was first. */
  again: () => Promise<void>
  /** One step of the lifecycle; what the ticket is then. Throws Problem. */
  act: (action: string, facts: Facts) => Promise<void>
  /** The ticket is no longer within this person's reach: the unit gave it back. */
  gone: Ref<boolean>
}

/** The live topic on which this person hears of tickets; null: none. */
export function useTicketNews(hear: (ticketId: string) => void, back: () => void): void {
  const session = useSession()
  const topic = () => {
    if (session.may(['supervisor', 'office'])) return 'tickets'
    return session.may(['unit']) && session.me?.unit ? `unit.${session.me.unit}` : null
  }
  useTopic(topic, (data) => hear(String(data.ticket_id ?? '')), back)
}

/** Run once after a burst. */
export function useSettled(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      run()
    }, SETTLE_MS)
  }
}

/** A ticket with all that is shown beside it, read anew when something happens to it. */
export function useTicket(id: () => string): Whole {
  const session = useSession()
  const path = () => ({ params: { path: { ticket_id: id() } } })
  const ticket = useLoaded(() => ok(api.GET('/tickets/{ticket_id}', path())), id)
  const options = useLoaded(() => ok(api.GET('/tickets/{ticket_id}/options', path())), id)
  const ledger = useLoaded(() => ok(api.GET('/tickets/{ticket_id}/ledger', path())), id)
  const replies = useLoaded(async () => (await ok(api.GET('/tickets/{ticket_id}/replies', path()))).items, id)
  const gone = shallowRef(false)

  async function again(): Promise<void> {
    if (gone.value) return
    await Promise.all([ticket, options, ledger, replies].map((one) => one.again()))
  }
  let acting = false
  const soon = useSettled(() => {
    if (!acting) void again() // else the deed's own answer comes, and with it whether the ticket is still ours
  })
  useTicketNews((changed) => changed === id() && soon(), soon)

  async function act(action: string, facts: Facts): Promise<void> {
    const version = ticket.data.value?.version ?? 0
    acting = true
    try {
      const done = await ok(
        api.POST('/tickets/{ticket_id}/actions', {
          params: { path: { ticket_id: id() }, header: { 'If-Match': `"${version}"` } },
          body: { action, facts } as Step, // which facts which action takes the API says with /options
        }),
      )
      gone.value = !reaches(done)
      ticket.data.value = done
    } finally {
      acting = false
    }
    if (!gone.value) await again()
  }

  /** A unit that returned a ticket can't read it any more. */
  const reaches = (now: Ticket): boolean => !session.may(['unit']) || now.unit_code === session.me?.unit

  return { ticket, options, ledger, replies, again, act, gone }
}
