import type { UA } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import { api, ok } from '@/api/client'
import type { components } from '@/api/schema'
import { usable } from '@/phone/ice'
import { SipSocket } from '@/phone/socket'

export type SeatPhoneView = components['schemas']['SeatPhoneView']

export interface Opened {
  ua: UA
  socket: SipSocket
  /** For every `answer` and `call`: where sound may pass. */
  pcConfig: RTCConfiguration
}

/**
 * The phone of the seat one sits at, not yet started; null where this hotline has no phones in pages. JsSIP comes only with it.
 * Answer with `{ mediaConstraints: { audio: true, video: false }, pcConfig }`, and `answersSoon`.
 */
export async function openPhone(seatId: string): Promise<Opened | null> {
  const view = await ok(api.GET('/seats/{seat_id}/phone', { params: { path: { seat_id: seatId } } }))
  if (!view.socket) return null
  const { default: JsSIP } = await import('jssip')
  const socket = new SipSocket(view.socket)
  const ua = new JsSIP.UA({
    sockets: [socket],
    uri: view.uri,
    password: 'none', // the API signs in the seat's name; see docs/adr/0017
    session_timers: false,
    register_expires: view.register_s,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 15,
  })
  return { ua, socket, pcConfig: { iceServers: view.ice_servers } }
}

/** The answer of a call that comes in goes out with the first address the other side can use; waiting for all of them takes 0.1 s more. */
export function answersSoon(session: RTCSession): void {
  session.on('icecandidate', ({ candidate, ready }) => usable(candidate, session.connection.remoteDescription?.sdp ?? '') && ready())
}
