import { BASE, TIMEOUT_MS } from '@/api/client'
import { Problem, problemOf } from '@/api/problem'
import type { components } from '@/api/schema'

export type Progress = components['schemas']['Progress']

/** One picture to a ticket that number and code open. Throws Problem. */
export async function sendPhoto(number: string, code: string, photo: Blob): Promise<Progress> {
  const headers = { 'Content-Type': photo.type, 'X-Ticket-Code': code }
  let answer: Response
  try {
    answer = await fetch(`${BASE}/public/tickets/${number}/photos`, { method: 'POST', headers, body: photo, signal: AbortSignal.timeout(3 * TIMEOUT_MS) })
  } catch {
    throw new Problem({ code: 'unreachable', status: 0, retryable: true })
  }
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null))
  return (await answer.json()) as Progress
}
