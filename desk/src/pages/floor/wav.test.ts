import { describe, expect, it } from 'vitest'
import { heard } from './wav'

function wav(frames: [number, number][], bits = 16): ArrayBuffer {
  const file = new ArrayBuffer(44 + frames.length * 4)
  const view = new DataView(file)
  const put = (at: number, text: string) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)))
  put(0, 'RIFF')
  put(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 2, true)
  view.setUint32(24, 8000, true)
  view.setUint16(34, bits, true)
  put(36, 'data')
  view.setUint32(40, frames.length * 4, true)
  frames.forEach(([left, right], n) => {
    view.setInt16(44 + n * 4, left, true)
    view.setInt16(46 + n * 4, right, true)
  })
  return file
}

describe('a recording', () => {
  it('shows who spoke when, channel by channel', () => {
    const found = heard(wav([[16384, 0], [0, 0], [0, -32768], [0, 0]]), 2)
    expect(found?.seconds).toBe(4 / 8000)
    expect(found?.peaks.map((one) => [...one])).toEqual([[0.5, 0], [0, 1]])
  })

  it('says so where it can not be drawn', () => {
    expect([heard(new ArrayBuffer(10), 5), heard(wav([[0, 0]], 8), 5), heard(new TextEncoder().encode('x'.repeat(60)).buffer as ArrayBuffer, 5)]).toEqual([null, null, null])
  })

  it('is not led out of the file by a size that lies', () => {
    const file = wav([[1, 1]])
    new DataView(file).setUint32(40, 0xffffffff, true)
    expect(heard(file, 1)?.seconds).toBe(1 / 8000)
  })
})
