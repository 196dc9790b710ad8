import type { UA } from 'jssip'
import type { IncomingEvent, OutgoingEvent, RTCSession } from 'jssip/lib/RTCSession'
import type { RTCSessionEvent } from 'jssip/lib/UA'
import { reactive, readonly } from 'vue'
import { shelf } from '@/api/tokens'
import { CLOSED, type SipSocket } from '@/phone/socket'
import { chosen, loud, meter, microphone, ring, towards, whyDeaf, type Deaf } from '@/phone/sound'
import { answersSoon, openPhone } from '@/phone/ua'

/** off: not opened. none: this hotline has no phones in pages. ready: registered. lost: on its way back. elsewhere: in another window. */
export type LinkState = 'off' | 'none' | 'opening' | 'ready' | 'lost' | 'elsewhere'
export type CallState = 'none' | 'ringing' | 'answering' | 'talking'

interface Said {
  link: LinkState
  call: CallState
  held: boolean
  muted: boolean
  /** Why there is no microphone; '' while there is one. */
  deaf: Deaf | ''
  since: number
  /** How often the way of the sound broke under a talk that goes on. */
  broken: number
}

/** What a receiver's statistics say of the sound that arrives. */
interface Inbound {
  type: string
  audioLevel?: number
  packetsReceived?: number
}

const METER_MS = 250
const SOON_MS = 5000 // a ring that was announced comes within this time
const UNHEARD_MS = 8000 // answered, and not one packet came: the way of the sound was never built
const AUTO_MS = 1500 // one ring, and who calls stands on the page
const SETTLED_MS = 10_000
const HOLD_MS = 100
const HOLD_TRIES = 100
const HELD_BY = 'hotline.phone'
const RTP_TIMEOUT = 'RTP Timeout' // JsSIP's cause where ICE gave up

/**
 * The phone in the page: one registration, one call. It rings, is answered, held, muted; what becomes of the citizen is the API's.
 * Leaving the page says nothing to the switch: the talk stays and is brought back. Whoever leaves their seat hangs up.
 */
export class Phone {
  private readonly said = reactive<Said>({ link: 'off', call: 'none', held: false, muted: false, deaf: '', since: 0, broken: 0 })
  readonly state = readonly(this.said)
  /** How loud they are and we are, 0..1. */
  readonly levels = reactive({ heard: 0, said: 0 })
  /** Answer the next ring at once: it is our own talk that comes back. */
  expecting = false
  private pressed: { what: 'answer' | 'refuse'; at: number } = { what: 'answer', at: 0 }
  private ua: UA | null = null
  private socket: SipSocket | null = null
  private session: RTCSession | null = null
  private pcConfig: RTCConfiguration = {}
  private readonly speaker = new Audio()
  private quiet = () => {}
  private unmeter = () => {}
  private release = () => {}
  private rebuilt = false

  constructor() {
    this.speaker.autoplay = true
    shelf.watch((tokens) => {
      if (!tokens) this.leave('off') // the shift is over, or a log-in ended elsewhere: no reason to hang up on a citizen
    })
  }

  /** Register as the seat's phone, if no other window is it; `steal`: be it all the same. */
  async open(seatId: string, steal = false): Promise<void> {
    if (this.said.link !== 'off' && this.said.link !== 'elsewhere') return
    this.said.link = 'opening'
    if (!(await this.alone(steal))) {
      this.said.link = 'elsewhere'
      return
    }
    try {
      const opened = await openPhone(seatId)
      if (!opened) {
        this.said.link = 'none'
        return
      }
      this.pcConfig = opened.pcConfig
      this.ua = opened.ua
      this.socket = opened.socket
      opened.socket.onclosed = (code) => this.closed(code)
      this.listen(opened.ua)
      opened.ua.start()
    } catch (error) {
      this.leave('off')
      throw error
    }
  }

  /** Whether this page is the seat's phone, once that is known; false too where it does not become clear in time. */
  settled(): Promise<boolean> {
    const known = () => !['off', 'opening', 'lost'].includes(this.said.link)
    return new Promise((resolve) => {
      const began = Date.now()
      const look = () => {
        if (known() || Date.now() - began > SETTLED_MS) resolve(this.said.link === 'ready')
        else setTimeout(look, HOLD_MS)
      }
      look()
    })
  }

  private listen(ua: UA): void {
    ua.on('registered', () => (this.said.link = 'ready'))
    ua.on('unregistered', () => this.lost())
    ua.on('registrationFailed', () => this.lost())
    ua.on('disconnected', () => this.lost())
    ua.on('newRTCSession', (event: RTCSessionEvent) => this.comes(event.session))
  }

  private lost(): void {
    if (this.ua && this.said.link !== 'elsewhere') this.said.link = 'lost'
  }

  private closed(code: number): void {
    if (code === CLOSED.elsewhere) this.leave('elsewhere')
    else if (code === CLOSED.notSeated || code === CLOSED.notLoggedIn) this.leave('off')
  }

  /** One window per browser is the phone; Web Locks tell, without any server. */
  private alone(steal: boolean): Promise<boolean> {
    if (!navigator.locks) return Promise.resolve(true)
    return new Promise((resolve) => {
      navigator.locks
        .request(HELD_BY, steal ? { steal: true } : { ifAvailable: true }, (lock) => {
          resolve(lock !== null)
          if (lock) return new Promise<void>((done) => (this.release = done))
          return undefined
        })
        .catch(() => this.leave('elsewhere')) // another window took it
    })
  }

  private again: ReturnType<typeof setTimeout> | undefined

  private comes(session: RTCSession): void {
    if (session.direction !== 'incoming' || this.session) {
      session.terminate({ status_code: 486 })
      return
    }
    this.session = session
    Object.assign(this.said, { call: 'ringing', held: false, muted: false, deaf: '' })
    answersSoon(session)
    this.outlives(session)
    session.on('peerconnection', ({ peerconnection }) => this.sounds(peerconnection))
    session.on('confirmed', (_event: IncomingEvent | OutgoingEvent) => this.talks())
    session.on('hold', ({ originator }) => originator === 'local' && (this.said.held = true))
    session.on('unhold', ({ originator }) => originator === 'local' && (this.said.held = false))
    session.on('muted', () => (this.said.muted = true))
    session.on('unmuted', () => (this.said.muted = false))
    session.on('getusermediafailed', (error) => (this.said.deaf = whyDeaf(error)))
    session.on('ended', () => this.over(session))
    session.on('failed', () => this.over(session))
    if (this.expecting) {
      this.expecting = false
      this.answer()
    } else if (Date.now() - this.pressed.at < SOON_MS) {
      this.rebuilt = false
      this[this.pressed.what]()
    } else {
      this.rebuilt = false
      this.quiet = ring()
      if (chosen().auto) setTimeout(() => session === this.session && this.answer(), AUTO_MS)
    }
  }

  /** Where the network is gone JsSIP would hang up on the citizen; the talk stays at the switch, as when the page is left, and is brought back. */
  private outlives(session: RTCSession): void {
    const terminate = session.terminate.bind(session)
    session.terminate = (options) => {
      if (options?.cause === RTP_TIMEOUT) this.breaks(session)
      else terminate(options)
    }
  }

  /** Nothing is said to the switch; whoever watches `broken` asks for the sound anew. */
  private breaks(session: RTCSession): void {
    session.connection.close()
    this.over(session)
    this.said.broken++
  }

  /** Once a call: a citizen whose telephone sends nothing while they are silent is unheard too. */
  private unheard(session: RTCSession): void {
    if (session !== this.session || this.rebuilt || Date.now() - this.said.since < UNHEARD_MS) return
    this.rebuilt = true
    this.breaks(session)
  }

  private sounds(connection: RTCPeerConnection): void {
    connection.ontrack = ({ track, streams }) => {
      this.speaker.srcObject = streams[0] ?? new MediaStream([track])
      void towards(this.speaker).then(() => this.speaker.play().catch(() => undefined))
    }
  }

  private talks(): void {
    Object.assign(this.said, { call: 'talking', since: Date.now() })
    const { session } = this
    const connection = session?.connection
    const theirs = connection?.getReceivers().find((one) => one.track.kind === 'audio')
    const track = connection?.getSenders().find((one) => one.track)?.track
    const ours = track ? meter(new MediaStream([track])) : null
    let arrived = false
    const timer = setInterval(() => {
      this.levels.said = this.said.muted || this.said.held ? 0 : (ours?.level() ?? 0)
      void theirs?.getStats().then((stats) => {
        for (const one of stats.values() as Iterable<Inbound>) {
          if (one.type !== 'inbound-rtp') continue
          arrived ||= Boolean(one.packetsReceived)
          this.levels.heard = loud(one.audioLevel ?? 0)
        }
        if (!arrived && session) this.unheard(session)
      })
    }, METER_MS)
    this.unmeter = () => {
      clearInterval(timer)
      ours?.stop()
      Object.assign(this.levels, { heard: 0, said: 0 })
    }
  }

  private over(session: RTCSession): void {
    if (session !== this.session) return
    this.session = null
    this.quiet()
    this.unmeter()
    this.quiet = this.unmeter = () => {}
    this.speaker.srcObject = null
    Object.assign(this.said, { call: 'none', held: false, muted: false })
  }

  /** `announced`: the page shows that it rings; pressed while the switch's own word is on its way, the call is answered as it comes. */
  answer(announced = false): void {
    if (!this.session && announced) this.pressed = { what: 'answer', at: Date.now() }
    if (!this.session || this.said.call !== 'ringing') return
    this.pressed.at = 0
    this.quiet()
    this.said.call = 'answering'
    const { session } = this
    void microphone().then((audio) => session === this.session && session.answer({ mediaConstraints: { audio, video: false }, pcConfig: this.pcConfig }))
  }

  /** Refuse what rings, or `announced` as `answer` does; a talk is ended by the API, so that the citizen hears goodbye. */
  refuse(announced = false): void {
    if (!this.session && announced) this.pressed = { what: 'refuse', at: Date.now() }
    if (!this.session || this.said.call !== 'ringing') return
    this.pressed.at = 0
    this.session.terminate({ status_code: 486 })
  }

  /** Out of a talk in which one is only a guest. */
  leaveTalk(): void {
    this.session?.terminate()
  }

  /** Pressed again while the switch still answers the last press, it is asked for once more as soon as it has. */
  hold(on = !this.said.held, tries = HOLD_TRIES): void {
    const session = this.session
    if (!session || this.said.held === on || tries === 0) return
    const asked = on ? session.hold() : session.unhold()
    clearTimeout(this.again)
    if (!asked) this.again = setTimeout(() => session === this.session && this.hold(on, tries - 1), HOLD_MS)
  }

  mute(on = !this.said.muted): void {
    if (on) this.session?.mute({ audio: true })
    else this.session?.unmute({ audio: true })
  }

  keys(digits: string): void {
    this.session?.sendDTMF(digits, { transportType: 'RFC2833' as never })
  }

  /** Another microphone or speaker from now on, in the middle of a talk too. */
  async changed(): Promise<void> {
    await towards(this.speaker)
    const sender = this.session?.connection.getSenders().find((one) => one.track?.kind === 'audio')
    if (!sender) return
    const [track] = (await navigator.mediaDevices.getUserMedia({ audio: await microphone() })).getAudioTracks()
    if (track) await sender.replaceTrack(track)
  }

  /** Logged out: hang up and be no phone any more. */
  close(): void {
    this.ua?.terminateSessions()
    this.ua?.stop()
    this.ua = this.socket = null // what was just said is still on its way
    this.leave('off')
  }

  /** No longer this seat's phone; what is talked about there goes on without us. */
  private leave(link: LinkState): void {
    const { ua, session, socket } = this
    this.ua = this.socket = null
    socket?.disconnect()
    if (session) {
      session.connection?.close()
      this.over(session)
    }
    this.release()
    this.release = () => {}
    this.said.link = link
    if (ua) setTimeout(() => ua.stop()) // its socket is closed: nothing is said to anybody
  }
}

export const phone = new Phone()
