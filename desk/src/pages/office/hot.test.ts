import { describe, expect, it } from 'vitest'
import { mattersIn, parts, upwards, type Division, type HotIssue } from './hot'

const place = (code: string, name: string, level: Division['level'], parent: string | null): Division => ({ code, name, level, parent, source: '' })
const TREE = [place('431000', '郴州市', 'city', null), place('431002', '北湖区', 'county', '431000'), place('431003', '苏仙区', 'county', '431000'), place('431002001', '人民路街道', 'town', '431002')]
const issue = (places: [string, number][]): HotIssue => ({
  ticket_id: 't', title: '停水', kinds: ['hot'], words: '', at: '', matters: places.reduce((sum, [, n]) => sum + n, 0), places: places.map(([code, matters]) => ({ place: code, matters })),
})
const ISSUES = [issue([['431002001', 2], ['431002', 1], ['', 4]]), issue([['431003', 2]])]

describe('hot issues on the tree', () => {
  it('lie where their matters come from, and in all that is above', () => {
    expect(parts(ISSUES, TREE, '431000')).toEqual([
      { code: '431002', name: '北湖区', issues: 1, matters: 3, deeper: true },
      { code: '431003', name: '苏仙区', issues: 1, matters: 2, deeper: false },
    ])
    expect(parts(ISSUES, TREE, '431002')).toMatchObject([{ code: '431002001', matters: 2 }])
  })

  it('without a place count in the whole only', () => {
    const above = upwards(TREE)
    expect(mattersIn(ISSUES[0]!, '', above)).toBe(7)
    expect(mattersIn(ISSUES[0]!, '431000', above)).toBe(3)
  })
})
