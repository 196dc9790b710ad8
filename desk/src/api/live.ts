import { reactive, readonly } from 'vue'
import { accessToken, BASE, renew } from '@/api/client'
import { shelf } from '@/api/tokens'

/** off: nobody listens. opening: first try. live: messages arrive. waiting: lost, the next try comes by itself. */
export type LiveState = 'off' | 'opening' | 'live' | 'waiting'
export type LiveData = Record<string, unknown> & { event?: string }
type Hear = (data: LiveData) => void

interface FromServer {
  type: 'ready' | 'listening' | 'event' | 'refused' | 'heartbeat'
  topic?: string
  topics?: string[]
  data?: LiveData
}

interface Listener {
  hear: Hear
  back?: (() => void) | undefined
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
const SILENCE_MS = 50_000 // the server's heartbeat comes every 20 s
const NOT_LOGGED_IN = 4401

/**
 * Live events over one WebSocket per tab. Topics are counted: the first listener subscribes, the last one leaves.
 * Messages may be lost, facts never: `back` is called as soon as a topic is heard, at first and after every gap,
 * so that a page reads what happened while nobody listened.
 */
export class Live {
  private readonly said = reactive<{ state: LiveState; since: number }>({ state: 'off', since: Date.now() })
  readonly status = readonly(this.said)
  private socket: WebSocket | null = null
  private readonly topics = new Map<string, Set<Listener>>()
  private wait = FIRST_WAIT_MS
  private timer: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  /** Topics the server said it tells us of, on this connection. */
  private readonly heard = new Set<string>()

  constructor(
    private readonly open: (url: string, protocols: string[]) => WebSocket = (url, protocols) => new WebSocket(url, protocols),
    private readonly token: () => Promise<string | null> = accessToken,
  ) {
    shelf.watch((tokens) => {
      if (!tokens) this.close()
      else if (this.socket?.readyState === WebSocket.OPEN) this.send({ token: tokens.access })
      else if (this.topics.size && this.said.state === 'off') void this.connect()
    })
  }

  /** Hear `topic` until the returned function is called. */
  listen(topic: string, hear: Hear, more: Omit<Listener, 'hear'> = {}): () => void {
    const listener = { hear, ...more }
    const known = this.topics.get(topic)
    if (known) known.add(listener)
    else {
      this.topics.set(topic, new Set([listener]))
      if (this.said.state === 'live') this.send({ subscribe: [topic] })
    }
    if (this.said.state === 'off') void this.connect()
    return () => this.leave(topic, listener)
  }

  /** Whether messages of this topic reach us now; where not, `back` will say when. */
  hears(topic: string): boolean {
    return this.heard.has(topic)
  }

  private leave(topic: string, listener: Listener): void {
    const known = this.topics.get(topic)
    if (!known?.delete(listener) || known.size) return
    this.topics.delete(topic)
    this.heard.delete(topic)
    if (this.said.state === 'live') this.send({ unsubscribe: [topic] })
  }

  private async connect(): Promise<void> {
    clearTimeout(this.timer)
    this.state('opening')
    let token: string | null
    try {
      token = await this.token()
    } catch {
      this.later() // the service is away: the token can't be renewed now
      return
    }
    if (!token) {
      this.state('off')
      return
    }
    const topics = [...this.topics.keys()].join(',')
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const url = `${scheme}://${location.host}${BASE}/live?topics=${encodeURIComponent(topics)}`
    const socket = this.open(url, ['hotline.v1', `bearer.${token}`])
    this.socket = socket
    const asked = new Set(this.topics.keys())
    socket.onmessage = (event: MessageEvent<string>) => this.hear(JSON.parse(event.data) as FromServer, asked)
    socket.onclose = (event) => this.lost(socket, event.code)
    this.listenForSilence()
  }

  private hear(message: FromServer, asked: Set<string>): void {
    this.listenForSilence()
    if (message.type === 'event' && message.topic && message.data) {
      for (const one of this.topics.get(message.topic) ?? []) one.hear(message.data)
    } else if (message.type === 'refused' && message.topic) {
      this.back([message.topic]) // whatever we may not hear of any more, reading it anew will tell
    } else if (message.type === 'listening') this.listens(message.topics ?? [])
    else if (message.type === 'ready') this.ready(message.topics ?? [], asked)
  }

  private ready(topics: string[], asked: Set<string>): void {
    this.wait = FIRST_WAIT_MS
    this.state('live')
    const more = [...this.topics.keys()].filter((topic) => !asked.has(topic)) // asked for while we were connecting
    if (more.length) this.send({ subscribe: more })
    this.listens(topics)
  }

  private listens(topics: string[]): void {
    const wanted = topics.filter((topic) => this.topics.has(topic)) // else it was left meanwhile
    for (const topic of wanted) this.heard.add(topic)
    this.back(wanted)
  }

  private back(topics: string[]): void {
    for (const topic of topics) for (const one of this.topics.get(topic) ?? []) one.back?.()
  }

  private lost(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return
    this.socket = null
    this.heard.clear()
    clearTimeout(this.silence)
    if (!shelf.current || !this.topics.size) this.state('off')
    else {
      this.later()
      if (code === NOT_LOGGED_IN) renew().catch(() => undefined) // over: the shelf tells us; else the next try has fresh tokens
    }
  }

  private later(): void {
    this.state('waiting')
    const spread = 0.5 + Math.random() // a whole floor does not come back in the same instant
    this.timer = setTimeout(() => void this.connect(), this.wait * spread)
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS)
  }

  private listenForSilence(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.socket?.close(), SILENCE_MS)
  }

  private close(): void {
    clearTimeout(this.timer)
    clearTimeout(this.silence)
    const socket = this.socket
    this.socket = null
    this.heard.clear()
    socket?.close()
    this.state('off')
  }

  private send(what: Record<string, unknown>): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(what))
  }

  private state(state: LiveState): void {
    if (this.said.state !== state) Object.assign(this.said, { state, since: Date.now() })
  }
}

export const live = new Live()
