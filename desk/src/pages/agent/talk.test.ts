import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { shelf } from '@/api/tokens'
import { useTalk } from './talk'

const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })

describe('what is shown of a call', () => {
  let scope = effectScope()
  const waiting: ((response: Response) => void)[] = []

  beforeEach(() => {
    scope = effectScope()
    waiting.length = 0
    vi.stubGlobal('fetch', (request: Request) =>
      new Promise<Response>((answer) => (/\/calls\/call_1$/.test(new URL(request.url).pathname) ? waiting.push(answer) : answer(json({ items: [] })))),
    )
    shelf.take({ access_token: 'a', refresh_token: 'r'.repeat(16), token_type: 'Bearer', expires_in: 900, shift_ends: new Date(Date.now() + 3_600_000).toISOString() })
  })

  afterEach(() => {
    scope.stop()
    vi.unstubAllGlobals()
    shelf.drop()
  })

  it('is what was read last, also where an earlier answer comes later', async () => {
    const talk = scope.run(() => useTalk(ref('call_1'), ref('talking'), ref(null)))!
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    void talk.readCall()
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    waiting[1]?.(json({ id: 'call_1', agent_answered_at: '2026-11-30T01:00:00Z' }))
    await vi.waitFor(() => expect(talk.call.value).not.toBeNull())
    waiting[0]?.(json({ id: 'call_1', agent_answered_at: null }))
    await flushPromises()
    expect(talk.call.value?.agent_answered_at).toBe('2026-11-30T01:00:00Z')
  })
  it('is read anew once what rang is answered, for since then one talks', async () => {
    const stage = ref('ringing')
    const talk = scope.run(() => useTalk(ref('call_1'), stage, ref(null)))!
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    waiting[0]?.(json({ id: 'call_1', agent_answered_at: null }))
    await vi.waitFor(() => expect(talk.call.value).not.toBeNull())
    stage.value = 'talking'
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    waiting[1]?.(json({ id: 'call_1', agent_answered_at: '2026-11-30T01:00:00Z' }))
    await vi.waitFor(() => expect(talk.call.value?.agent_answered_at).toBe('2026-11-30T01:00:00Z'))
  })
})
