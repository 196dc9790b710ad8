/** What the phone in the page does with sound: devices, levels, the ring, the test tone. */
const DEVICES = 'hotline.devices'

export interface Chosen {
  mic: string
  speaker: string
  /** What the browser calls them: a private window, or one whose data was cleared, gives the same device another id. */
  micName: string
  speakerName: string
  /** Whether the browser cleans the microphone's sound; off only where that is measured. */
  clean: boolean
  /** A call is answered by itself once it has rung a moment. */
  auto: boolean
}

const USUAL: Chosen = { mic: '', speaker: '', micName: '', speakerName: '', clean: true, auto: false }

export function chosen(): Chosen {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(DEVICES) ?? '{}') as Partial<Chosen>) }
  } catch {
    return { ...USUAL }
  }
}

export const choose = (devices: Chosen): void => localStorage.setItem(DEVICES, JSON.stringify(devices))

export function wanted({ mic, clean }: Pick<Chosen, 'mic' | 'clean'> = chosen()): MediaTrackConstraints {
  return { echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean, ...(mic ? { deviceId: { ideal: mic } } : {}) }
}

/** The id a device has now, known by its id of before or by its name; '' where it is not there. null: nothing has an id until the page may listen. */
export async function present(kind: MediaDeviceKind, id: string, name: string): Promise<string | null> {
  const there = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === kind && one.deviceId)
  if (!there.length) return null
  const found = there.find((one) => one.deviceId === id) ?? there.find((one) => name && one.label === name)
  return found?.deviceId ?? ''
}

/** The microphone that was chosen, and no other while it is there: as a mere wish the browser takes another it has open. */
export async function microphone(): Promise<MediaTrackConstraints> {
  const { mic, micName, clean } = chosen()
  const id = mic ? await present('audioinput', mic, micName) : ''
  return id ? { ...wanted({ mic: id, clean }), deviceId: { exact: id } } : wanted({ mic: id ?? mic, clean })
}

/** Why nothing is heard of us: the browser or its user refused, there is no microphone, or another program has it. */
export type Deaf = 'refused' | 'missing' | 'busy'
const WHY: Record<string, Deaf> = { NotFoundError: 'missing', OverconstrainedError: 'missing', NotReadableError: 'busy', AbortError: 'busy' }
export const whyDeaf = (error: unknown): Deaf => WHY[error instanceof Error ? error.name : ''] ?? 'refused'

/** Microphones and speakers there are; asks for the microphone first, without which they have no names. */
export async function devices(): Promise<MediaDeviceInfo[]> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted() })
  for (const track of stream.getTracks()) track.stop()
  return (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.deviceId && one.kind !== 'videoinput')
}

let context: AudioContext | null = null

function audio(): AudioContext {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
  return context
}

/** Loudness as an eye reads it: 0 is -60 dB and less, 1 is full scale. */
export const loud = (amplitude: number): number => Math.max(0, Math.min(1, 1 + (20 * Math.log10(amplitude + 1e-9)) / 60))

/** How loud a stream is now, 0..1 (0 is -60 dB and less); `stop` when it is no longer looked at. */
export function meter(stream: MediaStream): { level: () => number; stop: () => void } {
  const source = audio().createMediaStreamSource(stream)
  const analyser = new AnalyserNode(audio(), { fftSize: 1024 })
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    level() {
      analyser.getFloatTimeDomainData(samples)
      const rms = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length)
      return loud(rms)
    },
    stop: () => source.disconnect(),
  }
}

/** Sends sound to the chosen speaker where the browser lets pages choose. */
export async function towards(element: HTMLAudioElement): Promise<void> {
  const { speaker, speakerName } = chosen()
  if (!speaker || !('setSinkId' in element)) return
  const id = await present('audiooutput', speaker, speakerName)
  if (id !== '') await element.setSinkId(id ?? speaker).catch(() => undefined)
}

function tone(hz: number, seconds: number, gain = 0.2): { stream: MediaStream; stop: () => void } {
  const out = audio().createMediaStreamDestination()
  const volume = new GainNode(audio(), { gain })
  const source = new OscillatorNode(audio(), { frequency: hz })
  source.connect(volume).connect(out)
  source.start()
  if (seconds) source.stop(audio().currentTime + seconds)
  return { stream: out.stream, stop: () => source.stop() }
}

/** A second of 440 Hz through the chosen speaker. */
export async function testTone(): Promise<void> {
  const element = new Audio()
  element.srcObject = tone(440, 1).stream
  await towards(element)
  await element.play()
}

/** Rings until the returned function is called: a second of tone, four of silence (GF002-9002). */
export function ring(): () => void {
  const element = new Audio()
  const { stream, stop } = tone(450, 0)
  const [track] = stream.getAudioTracks()
  element.srcObject = stream
  void towards(element).then(() => element.play().catch(() => undefined))
  let beat = 0
  const timer = setInterval(() => {
    beat = (beat + 1) % 5
    if (track) track.enabled = beat === 0
  }, 1000)
  return () => {
    clearInterval(timer)
    stop()
    element.pause()
    element.srcObject = null
  }
}
