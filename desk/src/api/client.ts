import createClient, { type Middleware } from 'openapi-fetch'
import { reactive } from 'vue'
import { Problem, problemOf } from '@/api/problem'
import type { paths } from '@/api/schema'
import { shelf, type TokenPair, type Tokens } from '@/api/tokens'

export const BASE = '/api/v1'
export const TIMEOUT_MS = 20_000
const RETRY_AFTER_MS = 600
const RENEW_BEFORE_MS = 60_000
const OPEN = new Set([`${BASE}/token`, `${BASE}/token/refresh`, `${BASE}/demo/token`, `${BASE}/demo/accounts`])

/** Whether the service answers; the shell shows a banner while it does not. */
export const reach = reactive({ down: false })

let renewing: Promise<Tokens | null> | null = null

/** Fresh tokens; null where the shift is over or somebody changed the password: then all tabs are logged out. */
export async function renew(): Promise<Tokens | null> {
  renewing ??= renewOnce().finally(() => {
    renewing = null
  })
  return renewing
}

async function renewOnce(): Promise<Tokens | null> {
  const tokens = shelf.current
  if (!tokens) return null
  const answer = await send(
    new Request(`${origin()}${BASE}/token/refresh`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ refresh_token: tokens.refresh }),
    }),
  )
  if (answer.ok) return shelf.take((await answer.json()) as TokenPair)
  if (answer.status === 401) shelf.drop()
  return answer.status === 401 ? null : tokens
}

/** An access token that lasts a while; null when nobody is logged in. */
export async function accessToken(): Promise<string | null> {
  const tokens = shelf.current
  if (!tokens) return null
  if (tokens.accessEnds - Date.now() > RENEW_BEFORE_MS) return tokens.access
  return (await renew())?.access ?? null
}

async function send(request: Request): Promise<Response> {
  request.headers.set('Accept-Language', document.documentElement.lang || 'zh-CN') // which fields are wrong, in the reader's language
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const answer = await fetch(request, { signal })
    reach.down = false
    return answer
  } catch (error) {
    if (request.signal.aborted) throw error
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    reach.down = true
    throw new Problem({ code: late ? 'too_slow' : 'unreachable', status: 0, retryable: true })
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Reading may be tried twice; a deed is done once, unless the caller sends an Idempotency-Key. */
async function sendPatiently(request: Request): Promise<Response> {
  const again = request.method === 'GET' || request.headers.has('Idempotency-Key') ? request.clone() : null
  try {
    const answer = await send(request)
    if (answer.status !== 503 || !again) return answer
  } catch (error) {
    if (!again || !(error instanceof Problem)) throw error
  }
  await pause(RETRY_AFTER_MS)
  return send(again)
}

async function fetchAsUser(request: Request): Promise<Response> {
  if (OPEN.has(new URL(request.url).pathname) || request.headers.has('Authorization')) return sendPatiently(request)
  const token = await accessToken()
  if (token) request.headers.set('Authorization', `Bearer ${token}`)
  const again = request.clone()
  const answer = await sendPatiently(request)
  if (answer.status !== 401 || !token) return answer
  const fresh = (await renew())?.access
  if (!fresh || fresh === token) return answer
  again.headers.set('Authorization', `Bearer ${fresh}`)
  return sendPatiently(again)
}

const throwing: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return
    const body: unknown = await response.json().catch(() => null)
    throw problemOf(response.status, body)
  },
}

/** The page's own origin; relative addresses make no Request outside a browser. */
const origin = () => location.origin

/**
 * The API, typed from its own description: `await ok(api.GET('/tickets/{ticket_id}', { params: { path: { ticket_id } } }))`.
 * Throws Problem; a 401 that can't be renewed logs out.
 */
export const api = createClient<paths>({ baseUrl: `${origin()}${BASE}`, fetch: fetchAsUser })
api.use(throwing)

/** What was asked for, or a thrown Problem. */
export async function ok<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await answer
  return data as T
}

/** A key for a deed that must happen once, whatever is sent twice. */
export const onceKey = (): string => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`

let knocking = false

/** While the service is away: ask until it answers, then let `back` know. */
export async function knock(back: () => void): Promise<void> {
  if (knocking) return
  knocking = true
  let wait = 1000
  while (reach.down) {
    await pause(wait)
    wait = Math.min(wait * 1.6, 15_000)
    try {
      await send(new Request(`${origin()}/favicon.svg`, { method: 'HEAD', cache: 'no-store' }))
    } catch {
      continue
    }
  }
  knocking = false
  back()
}
