import { describe, expect, it } from 'vitest'
import { named, plainNote, say } from './say'
import zh from './zh.json'

type Tree = { [key: string]: string | Tree }
const look = (key: string): string | Tree | undefined => key.replace(/^policy\./, '').split('.').reduce<string | Tree | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), zh as Tree)
const words = {
  te: (key: string) => typeof look(key) === 'string',
  t: (key: string, given: Record<string, unknown> = {}) => String(look(key)).replace(/\{(\w+)\}/g, (_all, name: string) => String(given[name])),
}

describe('values in words', () => {
  it.each([
    ['stages.sign.term', { value: 1, unit: 'hours' }, '1 小时'],
    ['stages.handle.help.term', { value: 5, unit: 'working_days' }, '5 个工作日'],
    ['stages.sign.cards.red', { after: 3, unit: 'working_days', notify: ['handler', 'leader'], by: ['phone', 'sms'] }, '3 个工作日后，电话、短信告知受理人、分管领导'],
    ['after.revisit.windows', [['08:30', '12:00'], ['14:30', '20:00']], '08:30–12:00、14:30–20:00'],
    ['after.revisit.gap_s', 7200, '2 小时'],
    ['ways.codes.again_after_s', 60, '1 分钟'],
    ['ways.sure.refusals', 60, '60%'],
    ['intake.refusals', 11, '11 种'],
    ['repeats.taken_again', false, '否'],
    ['extension.times', 1, '1 次'],
    ['intake.unanswered', 'ticket', '形成工单'],
  ])('%s', (path, value, said) => expect(say(path, value, words)).toBe(said))

  it('a clause is its document and its article', () => {
    expect(named('001 17(二)2', { '001': '某办法' })).toEqual({ title: '某办法', article: '第17条(二)2' })
    expect(named('003 二.8', { '003': '某方案' }).article).toBe('二.8')
    expect(named('民法典 203', {})).toEqual({ title: '中华人民共和国民法典', article: '第203条' })
  })

  it('a note speaks of readings by name', () => {
    expect(plainNote('可改为停止业务活动的时间（close_of_business），GB 不改', (code) => (code === 'close_of_business' ? '下班时' : ''))).toBe('可改为停止业务活动的时间（“下班时”），GB 不改')
  })
})
