/** What a player needs of a RIFF WAVE file: 16-bit PCM, as the recordings are (left: citizen, right: agent). */
export interface Sound {
  rate: number
  seconds: number
  /** For each channel the loudest sample of every slice, 0 … 1. */
  peaks: Float32Array[]
}

/** Peaks of `slices` equal stretches of each channel; null for what is no 16-bit PCM WAV. */
export function heard(file: ArrayBuffer, slices: number): Sound | null {
  const view = new DataView(file)
  if (file.byteLength < 44 || word(view, 0) !== 'RIFF' || word(view, 8) !== 'WAVE') return null
  let [channels, rate, at, length] = [0, 0, 0, 0]
  for (let here = 12; here + 8 <= file.byteLength; ) {
    const size = view.getUint32(here + 4, true)
    if (word(view, here) === 'fmt ') {
      if (here + 24 > file.byteLength || view.getUint16(here + 8, true) !== 1 || view.getUint16(here + 22, true) !== 16) return null
      channels = view.getUint16(here + 10, true)
      rate = view.getUint32(here + 12, true)
    } else if (word(view, here) === 'data') {
      at = here + 8
      length = Math.min(size, file.byteLength - at)
      break
    }
    here += 8 + size + (size % 2)
  }
  if (!channels || !rate || !at) return null
  const frames = Math.floor(length / 2 / channels)
  const peaks = Array.from({ length: channels }, () => new Float32Array(slices))
  for (let slice = 0; slice < slices; slice++) {
    const [from, to] = [Math.floor((slice * frames) / slices), Math.floor(((slice + 1) * frames) / slices)]
    const step = Math.max(1, Math.floor((to - from) / 400)) // an hour of talk is read in an instant
    for (let frame = from; frame < to; frame += step) {
      for (let channel = 0; channel < channels; channel++) {
        const loud = Math.abs(view.getInt16(at + (frame * channels + channel) * 2, true)) / 32768
        const mine = peaks[channel] as Float32Array
        if (loud > (mine[slice] as number)) mine[slice] = loud
      }
    }
  }
  return { rate, seconds: frames / rate, peaks }
}

function word(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))
}
