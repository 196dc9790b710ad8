import { describe, expect, it } from 'vitest'
import { pressed } from './keys'

const press = (more: Partial<KeyboardEvent>) => ({ altKey: false, ctrlKey: false, metaKey: false, code: '', key: '', target: null, ...more })

describe('keys', () => {
  it('are known by their place, whatever letter the input method makes of them', () => {
    expect(pressed(press({ altKey: true, code: 'KeyA', key: 'å' }), 'a')).toBe(true)
    expect(pressed(press({ altKey: true, code: 'Digit2', key: '€' }), '2')).toBe(true)
    expect(pressed(press({ altKey: true, ctrlKey: true, code: 'KeyA' }), 'a')).toBe(false)
    expect(pressed(press({ code: 'KeyA', key: 'a' }), 'a')).toBe(false)
  })

  it('a question mark that is written into a field is a question mark', () => {
    expect(pressed(press({ key: '?' }), '?')).toBe(true)
    expect(pressed(press({ key: '?', target: document.createElement('textarea') }), '?')).toBe(false)
  })
})
