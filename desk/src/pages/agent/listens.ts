import { api, ok } from '@/api/client'

/** A supervisor in somebody's talk, as this window remembers it: a page that is loaded anew asks for the same again. */
export interface Listening {
  call: string
  id: string
  seat: string
  mode: 'listen' | 'whisper' | 'barge'
}

const KEPT = 'hotline.listening'

export const keepListening = (now: Listening): void => sessionStorage.setItem(KEPT, JSON.stringify(now))
export const forgetListening = (): void => sessionStorage.removeItem(KEPT)

function kept(): Listening | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Listening | null
  } catch {
    return null
  }
}

/** The supervision of this mode changed, or became a talk of one's own. */
export function listensAs(mode: Listening['mode'] | 'take_over'): void {
  const now = kept()
  if (!now) return
  if (mode === 'take_over') forgetListening()
  else keepListening({ ...now, mode })
}

/** Ask for it again, the dead leg let go first; whether there was anything. `ask` rings our own phone. A talk that is over is forgotten. */
export async function listenAgain(why: string, ask: (deed: () => Promise<unknown>) => Promise<unknown>): Promise<boolean> {
  const was = kept()
  if (!was) return false
  forgetListening()
  await ok(api.POST('/calls/{call_id}/supervise/{supervision_id}/end', { params: { path: { call_id: was.call, supervision_id: was.id } } })).catch(() => undefined)
  await ask(async () => {
    const { id } = await ok(api.POST('/calls/{call_id}/supervise', { params: { path: { call_id: was.call } }, body: { mode: was.mode, seat: was.seat, why } }))
    keepListening({ ...was, id })
  })
  return true
}
