import { describe, expect, it } from 'vitest'
import { fromKept, heard, type Line } from './captions'

const say = (shown: Line[], speaker: string, text: string, start: number, final = false) => heard(shown, { speaker, text, start, final })
const texts = (shown: Line[]) => shown.map((one) => `${one.speaker}:${one.text}${one.final ? '' : '…'}`)

describe('captions', () => {
  it('what is still being heard is replaced until it is final, for each voice on its own', () => {
    let shown = say([], 'citizen', '我们', 1)
    shown = say(shown, 'agent', '您好', 1.5)
    shown = say(shown, 'citizen', '我们小区停水', 1)
    expect(texts(shown)).toEqual(['agent:您好…', 'citizen:我们小区停水…'])
    shown = say(shown, 'citizen', '我们小区停水两天了', 1, true)
    expect(texts(shown)).toEqual(['citizen:我们小区停水两天了', 'agent:您好…'])
  })

  it('final lines stand in the order they were begun, and one told twice stands once', () => {
    let shown = say([], 'agent', '好的', 4, true)
    shown = say(shown, 'citizen', '停水', 1, true)
    shown = say(shown, 'citizen', '停水', 1, true)
    expect(texts(shown)).toEqual(['citizen:停水', 'agent:好的'])
  })

  it('a reading that was overtaken by a live line does not take it away', () => {
    const shown = say([], 'citizen', '后说的', 5, true)
    expect(texts(fromKept([{ id: 'u1', speaker: 'citizen', text: '先说的', start_s: 1 }], shown))).toEqual(['citizen:先说的', 'citizen:后说的'])
  })

  it('after a gap the kept lines are read and only newer provisional ones stay', () => {
    const shown = say(say([], 'citizen', '旧的', 1), 'agent', '正在说', 9)
    const kept = [{ id: 'u1', speaker: 'citizen', text: '停水两天了', start_s: 1 }]
    expect(texts(fromKept(kept, shown))).toEqual(['citizen:停水两天了', 'agent:正在说…'])
  })
})
