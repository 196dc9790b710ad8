import { describe, expect, it } from 'vitest'
import { asProblem, Problem, problemOf, sentence } from '@/api/problem'
import en from '@/locales/en.json'
import zh from '@/locales/zh.json'

const words = (all: Record<string, string>) => ({
  t: (key: string) => all[key.replace('problem.', '')] ?? key,
  te: (key: string) => key.replace('problem.', '') in all,
})
const told = (problem: Problem, language: 'zh-CN' | 'en') => {
  const { t, te } = words(language === 'en' ? en.problem : zh.problem)
  return sentence(problem, t, te, language)
}

describe('what went wrong, in one sentence', () => {
  const body = { code: 'wrong_state', status: 409, detail: '工单已办结，不能再签收', title: '', type: '', request_id: 'req_1', retryable: false, errors: [] }

  it('is the API’s own where the reader knows Chinese', () => {
    expect(told(problemOf(409, body), 'zh-CN')).toBe('工单已办结，不能再签收')
  })

  it('is told by its code where the reader does not', () => {
    expect(told(problemOf(409, body), 'en')).toBe('Not possible in the present state')
  })

  it('is told by its status where the code is unknown', () => {
    expect(told(problemOf(403, { ...body, code: 'never_heard', status: 403 }), 'en')).toBe('You may not do this')
  })

  it('that the page itself wrote is shown in every language', () => {
    const own = new Problem({ code: 'x', status: -1, detail: 'User name or password is not right' })
    for (const language of ['zh-CN', 'en']) expect(sentence(own, (key) => key, () => false, language)).toBe('User name or password is not right')
  })
  it('says that nobody answered', () => {
    const away = new Problem({ code: 'unreachable', status: 0 })
    expect(away.unreachable).toBe(true)
    expect(told(away, 'zh-CN')).toBe('无法连接服务器，请检查网络')
  })

  it('keeps the words of a page of somebody else’s', () => {
    expect(told(problemOf(502, '<html>'), 'zh-CN')).toBe('http_502')
    expect(asProblem(new Error('odd')).message).toBe('odd')
  })
})
