import { afterEach, describe, expect, it, vi } from 'vitest'
import { TokenShelf, type TokenPair } from '@/api/tokens'

const pair = (access: string, hours = 8): TokenPair => ({
  access_token: access,
  refresh_token: `refresh-${access}`,
  token_type: 'Bearer',
  expires_in: 900,
  shift_ends: new Date(Date.now() + hours * 3_600_000).toISOString(),
})

class Memory implements Storage {
  private readonly kept = new Map<string, string>()
  get length() {
    return this.kept.size
  }
  clear = () => this.kept.clear()
  getItem = (key: string) => this.kept.get(key) ?? null
  key = (at: number) => [...this.kept.keys()][at] ?? null
  removeItem = (key: string) => void this.kept.delete(key)
  setItem = (key: string, value: string) => void this.kept.set(key, value)
}

describe('tokens', () => {
  afterEach(() => vi.useRealTimers())

  it('survive a reload of the tab, but not the end of the shift', () => {
    const storage = new Memory()
    new TokenShelf(storage).take(pair('one'))
    expect(new TokenShelf(storage).current?.access).toBe('one')
    vi.useFakeTimers({ now: Date.now() + 9 * 3_600_000 })
    expect(new TokenShelf(storage).current).toBeNull()
  })

  it('are lent to a new tab, and gone everywhere after a log-out', async () => {
    const first = new TokenShelf(new Memory())
    first.take(pair('one'))
    const second = new TokenShelf(new Memory())
    expect((await second.borrow())?.access).toBe('one')
    const gone = new Promise((resolve) => first.watch(resolve))
    second.drop()
    expect(await gone).toBeNull()
    expect(first.current).toBeNull()
  })

  it('spoilt storage is no log-in', () => {
    const storage = new Memory()
    storage.setItem('hotline.tokens', '{')
    expect(new TokenShelf(storage).current).toBeNull()
  })
})
