import { beforeEach, describe, expect, it } from 'vitest'
import { emptyForm, filledFrom, forgetAll, given, lacking, ofKind, ofType, recall, remember, unitFrom, type Draft } from './form'

const filled = (value: string) => ({ value, score: value ? 0.8 : 0, origins: [] })
const draft: Draft = { type: filled('complaint'), title: filled('拖欠工资'), body: filled('拖欠了我两个月的工资。'), numbers: [], place: filled('431002'), citizen: filled('王女士'), when: filled(''), demands: [], urgency: filled(''), sensitive: [] }

describe('the form', () => {
  beforeEach(() => sessionStorage.clear())

  it('fills itself from the talk, but never over what a person wrote', () => {
    const form = { ...emptyForm('k'), title: '欠薪', touched: ['title', 'place'] }
    expect(filledFrom(form, draft)).toMatchObject({ type: 'complaint', title: '欠薪', body: '拖欠了我两个月的工资。', name: '王女士', place: '', urgent: false })
    expect(filledFrom(form, { ...draft, body: filled('') }).body).toBe('')
  })

  it('names the unit that is surely meant until a person chooses or clears it', () => {
    const sure = { ref: 'chenzhou.rsj', title: '市人社局' }
    expect(unitFrom(emptyForm('k'), sure)).toMatchObject({ unit: 'chenzhou.rsj', unitName: '市人社局' })
    expect(unitFrom(unitFrom(emptyForm('k'), sure), undefined)).toMatchObject({ unit: '' })
    expect(unitFrom({ ...emptyForm('k'), touched: ['unit'] }, sure)).toMatchObject({ unit: '' })
  })

  it('says what it lacks', () => {
    expect(lacking(emptyForm('k'))).toEqual(['type', 'title', 'body'])
    expect(lacking(filledFrom(emptyForm('k'), draft))).toEqual([])
  })

  it('goes to the API without a unit as one that is not dispatched yet', () => {
    expect(given(filledFrom(emptyForm('k'), draft), 'call_1', { despite: ' 另一事 ' })).toMatchObject({ unit: null, call_id: 'call_1', despite: '另一事', urgency: 'normal' })
  })

  it('says what kind of matter it is and what of it moves a term', () => {
    const plain = { intake: '', multi_unit: false, on_site: false, complex: false }
    expect(given(emptyForm('k'), 'call_1')).toMatchObject(plain)
    const form = { ...ofKind(filledFrom(emptyForm('k'), draft), { id: 'safety_reward', type: 'report' }), flags: ['multi_unit' as const, 'complex' as const] }
    expect(given(form, 'call_1')).toMatchObject({ type: 'report', intake: 'safety_reward', multi_unit: true, on_site: false, complex: true })
    expect(filledFrom(form, draft).type).toBe('report') // the talk does not write over it
    remember('call_1', form)
    expect(recall('call_1', 'second')).toMatchObject({ kind: 'safety_reward', flags: ['multi_unit', 'complex'] })
  })

  it('lets go of a kind of matter whose clock another type does not have', () => {
    const form = ofKind(emptyForm('k'), { id: 'enterprise', type: 'complaint' })
    expect(ofType(form, 'complaint').kind).toBe('enterprise')
    expect(ofType(form, 'help')).toMatchObject({ type: 'help', kind: '' })
    expect(ofKind(form, undefined)).toMatchObject({ type: 'complaint', kind: '' })
  })

  it('outlives a reload with the key it is filed under, and nothing outlives a log-out', () => {
    remember('call_1', { ...emptyForm('first'), title: '停水' })
    expect(recall('call_1', 'second')).toMatchObject({ title: '停水', key: 'first' })
    forgetAll()
    expect(recall('call_1', 'second')).toMatchObject({ title: '', key: 'second' })
  })
})
