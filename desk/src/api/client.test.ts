import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api, ok, reach } from '@/api/client'
import { Problem } from '@/api/problem'
import { shelf } from '@/api/tokens'

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const shiftEnds = () => new Date(Date.now() + 3_600_000).toISOString()
const pair = (access: string) => ({ access_token: access, refresh_token: 'r'.repeat(16), token_type: 'Bearer' as const, expires_in: 900, shift_ends: shiftEnds() })
const unwell = (status: number) => ({ code: status === 401 ? 'not_authenticated' : 'store_unavailable', status, detail: '', title: '', type: '', request_id: 'req_1', retryable: true, errors: [] })

describe('the API', () => {
  const asked: Request[] = []
  let answers: (() => Response | Promise<Response>)[]

  beforeEach(() => {
    asked.length = 0
    vi.stubGlobal('fetch', (request: Request) => {
      asked.push(request)
      return Promise.resolve().then(answers.shift() ?? (() => json(500, {})))
    })
    shelf.take(pair('first'))
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    shelf.drop()
    reach.down = false
  })

  it('is asked with the token of who is logged in', async () => {
    answers = [() => json(200, { id: 'u', name: '李' })]
    expect((await ok(api.GET('/users/me'))).name).toBe('李')
    expect(asked[0]?.headers.get('Authorization')).toBe('Bearer first')
  })

  it('renews an old token once and asks again', async () => {
    answers = [() => json(401, unwell(401)), () => json(200, pair('second')), () => json(200, { name: '李' })]
    await ok(api.GET('/users/me'))
    expect(asked.map((one) => one.headers.get('Authorization'))).toEqual(['Bearer first', null, 'Bearer second'])
  })

  it('logs out where the shift is over', async () => {
    answers = [() => json(401, unwell(401)), () => json(401, unwell(401))]
    await expect(ok(api.GET('/users/me'))).rejects.toMatchObject({ status: 401 })
    expect(shelf.current).toBeNull()
  })

  it('reads twice before it gives up, but does a deed once', async () => {
    answers = [() => json(503, unwell(503)), () => json(200, { items: [] })]
    await ok(api.GET('/seats'))
    answers = [() => json(503, unwell(503))]
    await expect(ok(api.POST('/seats/{seat_id}/ready', { params: { path: { seat_id: '8001' } } }))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(asked).toHaveLength(3)
  })

  it('says that nobody answers, and notices when somebody does again', async () => {
    const lost = () => Promise.reject(new TypeError('Failed to fetch'))
    answers = [lost, lost]
    await expect(ok(api.GET('/seats'))).rejects.toBeInstanceOf(Problem)
    expect(reach.down).toBe(true)
    answers = [() => json(200, { items: [] })]
    await ok(api.GET('/seats'))
    expect(reach.down).toBe(false)
  })
})
