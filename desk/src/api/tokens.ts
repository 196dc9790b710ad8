import type { components } from '@/api/schema'

export type TokenPair = components['schemas']['TokenPair']

export interface Tokens {
  access: string
  refresh: string
  /** ms since 1970 */
  accessEnds: number
  shiftEnds: number
}

const KEY = 'hotline.tokens'
const CHANNEL = 'hotline.tokens'
const ASK_MS = 250

type Said = { ask: true } | { tokens: Tokens } | { gone: true }

/**
 * Log-in tokens of this tab. They live in the tab's own storage: a reload keeps them, closing the last tab forgets them.
 * A new tab asks the others; logging out in one logs out all.
 */
export class TokenShelf {
  private tokens: Tokens | null
  private readonly channel: BroadcastChannel | null
  private readonly watchers = new Set<(tokens: Tokens | null) => void>()

  constructor(private readonly storage: Storage = sessionStorage) {
    this.tokens = read(storage)
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)
    if (this.channel) this.channel.onmessage = (event: MessageEvent<Said>) => this.heard(event.data)
  }

  get current(): Tokens | null {
    return this.tokens
  }

  /** From a log-in or a refresh; told to the other tabs. */
  take(pair: TokenPair, now = Date.now()): Tokens {
    const tokens = {
      access: pair.access_token,
      refresh: pair.refresh_token,
      accessEnds: now + pair.expires_in * 1000,
      shiftEnds: Date.parse(pair.shift_ends),
    }
    this.set(tokens)
    this.channel?.postMessage({ tokens } satisfies Said)
    return tokens
  }

  /** Logged out, here and in every other tab. */
  drop(): void {
    if (!this.tokens) return
    this.set(null)
    this.channel?.postMessage({ gone: true } satisfies Said)
  }

  /** Tokens of another tab, if one is open and answers in time. */
  async borrow(): Promise<Tokens | null> {
    if (this.tokens || !this.channel) return this.tokens
    return new Promise((resolve) => {
      const stop = this.watch((tokens) => done(tokens))
      const timer = setTimeout(() => done(null), ASK_MS)
      const done = (tokens: Tokens | null) => {
        clearTimeout(timer)
        stop()
        resolve(tokens)
      }
      this.channel?.postMessage({ ask: true } satisfies Said)
    })
  }

  watch(tell: (tokens: Tokens | null) => void): () => void {
    this.watchers.add(tell)
    return () => this.watchers.delete(tell)
  }

  private heard(said: Said): void {
    if ('ask' in said) {
      if (this.tokens) this.channel?.postMessage({ tokens: this.tokens } satisfies Said)
    } else if ('gone' in said) this.set(null)
    else this.set(said.tokens)
  }

  private set(tokens: Tokens | null): void {
    this.tokens = tokens
    if (tokens) this.storage.setItem(KEY, JSON.stringify(tokens))
    else this.storage.removeItem(KEY)
    for (const tell of [...this.watchers]) tell(tokens)
  }
}

function read(storage: Storage): Tokens | null {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? 'null') as Tokens | null
    return found && found.shiftEnds > Date.now() ? found : null
  } catch {
    return null
  }
}

export const shelf = new TokenShelf()
