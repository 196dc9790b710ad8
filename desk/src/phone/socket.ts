import { accessToken } from '@/api/client'

/** Why our side closed the phone's socket, as api/phone.py says it. */
export const CLOSED = { notLoggedIn: 4401, notSeated: 4403, elsewhere: 4409, later: 1013 } as const

/**
 * SIP over a WebSocket at the page's own address, let through by the log-in: JsSIP's own socket can't say who it is.
 * Fills JsSIP's Socket interface.
 */
export class SipSocket {
  via_transport = 'WS' // what the switch hears behind our own TLS
  readonly url: string
  readonly sip_uri: string
  private socket: WebSocket | null = null
  private wanted = false

  onconnect = (): void => {}
  ondisconnect = (_error: boolean, _code?: number, _reason?: string): void => {}
  ondata = (_data: unknown): void => {}
  /** Told besides JsSIP: a code of CLOSED, or the browser's own. */
  onclosed = (_code: number): void => {}

  constructor(
    path: string,
    private readonly token: () => Promise<string | null> = accessToken,
    private readonly open: (url: string, protocols: string[]) => WebSocket = (url, protocols) => new WebSocket(url, protocols),
  ) {
    this.url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`
    this.sip_uri = `sip:${location.host};transport=ws`
  }

  connect(): void {
    if (this.wanted && this.socket && this.socket.readyState <= WebSocket.OPEN) return
    this.wanted = true
    void this.begin()
  }

  private async begin(): Promise<void> {
    let token: string | null = null
    try {
      token = await this.token()
    } catch {
      // the service is away: JsSIP tries again by itself
    }
    if (!this.wanted) return
    if (!token) {
      this.ended(CLOSED.notLoggedIn)
      return
    }
    const socket = this.open(this.url, ['sip', `bearer.${token}`])
    this.socket = socket
    socket.onopen = () => this.onconnect()
    socket.onmessage = (event) => this.ondata(event.data)
    socket.onclose = (event) => {
      if (this.socket === socket) this.ended(event.code, event.reason)
    }
  }

  private ended(code: number, reason = ''): void {
    this.socket = null
    this.wanted = false
    this.onclosed(code)
    this.ondisconnect(code !== 1000, code, reason)
  }

  disconnect(): void {
    this.wanted = false
    const socket = this.socket
    this.socket = null
    socket?.close(1000)
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false
    this.socket?.send(message as string)
    return true
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN
  }

  isConnecting(): boolean {
    return this.wanted && !this.isConnected()
  }
}
