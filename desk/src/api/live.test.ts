import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Live } from '@/api/live'
import { shelf } from '@/api/tokens'

class Wire {
  static all: Wire[] = []
  readyState = 1
  said: Record<string, unknown>[] = []
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    Wire.all.push(this)
  }
  send(text: string) {
    this.said.push(JSON.parse(text) as Record<string, unknown>)
  }
  close(code = 1000) {
    this.readyState = 3
    this.onclose?.({ code })
  }
  tell(message: Record<string, unknown>) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

const last = () => Wire.all.at(-1)!
const settled = () => vi.advanceTimersByTimeAsync(0)

describe('live messages', () => {
  let live: Live
  let stops: (() => void)[] = []
  const listen: Live['listen'] = (...given) => {
    const stop = live.listen(...given)
    stops.push(stop)
    return stop
  }

  beforeEach(() => {
    vi.useFakeTimers()
    Wire.all = []
    shelf.take({ access_token: 'a', refresh_token: 'r', token_type: 'Bearer', expires_in: 900, shift_ends: new Date(Date.now() + 3_600_000).toISOString() })
    live = new Live((url, protocols) => new Wire(url, protocols) as unknown as WebSocket, () => Promise.resolve('token'))
  })

  afterEach(() => {
    for (const stop of stops) stop()
    stops = []
    shelf.drop()
    vi.useRealTimers()
  })

  it('come over one connection, whose token is never in its address', async () => {
    const heard: unknown[] = []
    listen('floor', (data) => heard.push(data))
    listen('tickets', (data) => heard.push(data))
    await settled()
    expect(Wire.all).toHaveLength(1)
    expect(last().protocols).toEqual(['hotline.v1', 'bearer.token'])
    expect(last().url).not.toContain('token')
    last().tell({ type: 'ready', topics: ['floor', 'tickets'] })
    last().tell({ type: 'event', topic: 'tickets', data: { event: 'filed' } })
    expect(heard).toEqual([{ event: 'filed' }])
    expect(live.status.state).toBe('live')
  })

  it('topics come and go with who listens', async () => {
    const stop = listen('floor', () => {})
    await settled()
    last().tell({ type: 'ready' })
    const leave = listen('call.1', () => {})
    const too = listen('call.1', () => {})
    leave()
    too()
    stop()
    expect(last().said).toEqual([{ subscribe: ['call.1'] }, { unsubscribe: ['call.1'] }, { unsubscribe: ['floor'] }])
  })

  it('what happened before a topic was heard is read once it is', async () => {
    const [back, later] = [vi.fn(), vi.fn()]
    listen('floor', () => {}, { back })
    await settled()
    expect(back).not.toHaveBeenCalled()
    last().tell({ type: 'ready', topics: ['floor'] })
    expect(back).toHaveBeenCalledOnce()
    listen('call.1', () => {}, { back: later })
    expect(live.hears('call.1')).toBe(false)
    last().tell({ type: 'listening', topics: ['call.1', 'call.left'] })
    expect(later).toHaveBeenCalledOnce()
    expect(live.hears('call.1')).toBe(true)
    expect(live.hears('call.left')).toBe(false)
    expect(back).toHaveBeenCalledOnce()
  })

  it('a refusal too is a reason to look', async () => {
    const back = vi.fn()
    listen('seat.1', () => {}, { back })
    await settled()
    last().tell({ type: 'refused', topic: 'seat.1', detail: 'not yours' })
    expect(back).toHaveBeenCalledOnce()
  })

  it('after a gap the page is told to read anew', async () => {
    const back = vi.fn()
    listen('floor', () => {}, { back })
    await settled()
    last().tell({ type: 'ready', topics: ['floor'] })
    back.mockClear()
    last().close(1006)
    expect(live.status.state).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1000)
    expect(Wire.all).toHaveLength(2)
    expect(live.hears('floor')).toBe(false)
    last().tell({ type: 'ready', topics: ['floor'] })
    expect(back).toHaveBeenCalledOnce()
  })

  it('tries are further and further apart', async () => {
    listen('floor', () => {})
    await settled()
    for (let lost = 0; lost < 8; lost++) {
      last().close(1006)
      await vi.advanceTimersByTimeAsync(40_000)
    }
    expect(Wire.all).toHaveLength(9)
    last().close(1006)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(Wire.all).toHaveLength(9)
  })

  it('silence is taken for a lost connection', async () => {
    listen('floor', () => {})
    await settled()
    last().tell({ type: 'ready' })
    await vi.advanceTimersByTimeAsync(51_000)
    expect(live.status.state).not.toBe('live')
    expect(Wire.all.length).toBeGreaterThanOrEqual(1)
  })

  it('a log-out ends them', async () => {
    listen('floor', () => {})
    await settled()
    last().tell({ type: 'ready' })
    shelf.drop()
    expect(live.status.state).toBe('off')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(Wire.all).toHaveLength(1)
  })
})
