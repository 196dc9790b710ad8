"""What a page's phone says and hears, for a test: a microphone one speaks into, and how loud a tone arrives; the page itself notices nothing."""

import base64
from pathlib import Path

from playwright.async_api import Page, expect

SLOW = 120_000  # a loaded machine is slow, not wrong
expect.set_options(timeout=SLOW)
HEARD_DB = -55.0  # a tone of -12 dBFS is seen at about -20, a silent line far below -100
MOUTH_AND_EARS = """(() => {
  if (window.parent !== window) return
  const context = new AudioContext()
  const mouth = new MediaStreamAudioDestinationNode(context)
  const room = new ConstantSourceNode(context, { offset: 0 }) // a microphone goes on sending while nobody speaks
  room.connect(mouth)
  room.start()
  const ears = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 })
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    for (const track of (await ask(wanted)).getTracks()) track.stop()
    return mouth.stream.clone()
  }
  let [way, ways] = [null, 0]
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given)
      way = this
      ways++
      this.addEventListener('track', ({ track }) => context.createMediaStreamSource(new MediaStream([track])).connect(ears))
    }
  }
  let humming = null
  window.sound = {
    async say(wav) {
      const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(Uint8Array.from(atob(wav), (one) => one.charCodeAt(0)).buffer) })
      source.connect(mouth)
      await new Promise((said) => { source.onended = said; source.start() })
    },
    hum(frequency) {
      humming?.stop()
      humming = new OscillatorNode(context, { frequency })
      humming.connect(new GainNode(context, { gain: 0.25 })).connect(mouth)
      humming.start()
    },
    breaks() { // as the browser tells it once the network has been gone for long
      Object.defineProperty(way, 'iceConnectionState', { value: 'failed' })
      way.dispatchEvent(new Event('iceconnectionstatechange'))
    },
    ways: () => ways,
    unheard(on) { // as if not one packet came
      const { getStats } = window.sound
      RTCRtpReceiver.prototype.getStats = on ? async () => new Map() : getStats
    },
    getStats: RTCRtpReceiver.prototype.getStats,
    level(frequency) {
      const bins = new Float32Array(ears.frequencyBinCount)
      ears.getFloatFrequencyData(bins)
      const at = Math.round((frequency / context.sampleRate) * ears.fftSize)
      return Math.max(...bins.subarray(at - 3, at + 4))
    },
  }
})()"""


async def speaks(page: Page, wav: Path) -> None:
    """The person at this page says it, to its end."""
    await page.evaluate("(wav) => window.sound.say(wav)", base64.b64encode(wav.read_bytes()).decode())


async def hums(page: Page, hertz: float) -> None:
    """From now on the person at this page can be told by this tone, until the page is loaded anew."""
    await page.evaluate("(hertz) => window.sound.hum(hertz)", hertz)


async def hears(page: Page, hertz: float) -> None:
    """Until this tone is loud in what arrives at the page."""
    await page.wait_for_function(
        "([hertz, floor]) => window.sound.level(hertz) > floor", arg=[hertz, HEARD_DB], timeout=SLOW
    )
