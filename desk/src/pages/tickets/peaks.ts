/** A recording as a picture: the loudest sample of each stretch, 0..1. A rule without a page. */
export function peaksOf(samples: Float32Array, columns: number): number[] {
  const step = Math.max(1, Math.floor(samples.length / columns))
  const found: number[] = []
  for (let at = 0; at < samples.length && found.length < columns; at += step) {
    let most = 0
    for (let i = at; i < Math.min(at + step, samples.length); i++) most = Math.max(most, Math.abs(samples[i] ?? 0))
    found.push(most)
  }
  return found
}

/** The path of one channel: bars around the middle line of its lane. */
export function laneOf(peaks: readonly number[], middle: number, half: number): string {
  return peaks.map((peak, x) => `M${x} ${(middle - peak * half).toFixed(1)}V${(middle + peak * half).toFixed(1)}`).join('')
}
