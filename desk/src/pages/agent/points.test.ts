import { describe, expect, it } from 'vitest'
import { emptyForm, type Draft } from './form'
import { adopted, points } from './points'

const part = (value: string, quote = '') => ({ value, score: value ? 0.8 : 0, origins: quote ? [{ utterance: 0, quote }] : [] })
const draft: Draft = {
  type: part('complaint', '我要投诉'), title: part('拖欠工资'), body: part('拖欠了工资。'), place: part('431002', '北湖区'), citizen: part('王', '我姓王'), when: part('上个月', '上个月'),
  demands: [part('工资', '要求尽快发工资')], urgency: part(''), sensitive: [{ ...part('wages', '讨薪'), name: '欠薪' }],
  numbers: [{ kind: 'mobile', value: '13812345678', checked: true, origin: { utterance: 1, quote: '幺三八一二三四五六七八' } }],
}

describe('what the talk gave for the form', () => {
  it('stands there with its words, warnings first', () => {
    const found = points(draft, emptyForm('k'))
    expect(found.map((one) => [one.kind, one.value, one.quote])).toEqual([
      ['sensitive', '欠薪', '讨薪'], ['type', 'complaint', '我要投诉'], ['demand', '要求尽快发工资', ''], ['when', '上个月', '上个月'],
      ['place', '431002', '北湖区'], ['person', '王', '我姓王'], ['number', '13812345678', '幺三八一二三四五六七八'],
    ])
    expect(found.every((one) => !one.taken)).toBe(true)
  })

  it('goes where it belongs by one click, beside what the agent wrote', () => {
    const wrote = { ...emptyForm('k'), body: '本人写的', touched: ['body'] }
    const [, type, demand] = points(draft, wrote)
    const form = adopted(adopted(wrote, type!, ''), demand!, '诉求：要求尽快发工资')
    expect(form).toMatchObject({ type: 'complaint', body: '本人写的\n诉求：要求尽快发工资', touched: ['body', 'type'] })
    expect(adopted(form, demand!, '诉求：要求尽快发工资')).toBe(form)
    expect(points(draft, form).filter((one) => one.taken).map((one) => one.kind)).toEqual(['type', 'demand'])
  })
})
