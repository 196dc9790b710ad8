/** Values of a profile in words. Rules without a page. */

const CIVIL_CODE = '民法典'

/** `001 17(二)2` -> its document's title and the article. */
export function named(clause: string, documents: Record<string, string>): { title: string; article: string } {
  const [key = '', ...rest] = clause.split(' ')
  const title = key === CIVIL_CODE ? `中华人民共和国${CIVIL_CODE}` : (documents[key] ?? key)
  return { title, article: rest.join(' ').replace(/^\d+/, (number) => `第${number}条`) }
}

export interface Words {
  t: (key: string, given?: Record<string, unknown>) => string
  te: (key: string) => boolean
}

/** Paths of a value as people call it: `stages.handle.help.term` is 办理 · 求助 · 期限. The first `skip` parts are left out. */
export function nameOf(path: string, words: Words, skip = 0): string {
  const parts = path.split('.').slice(skip)
  return parts.map((part) => (words.te(`policy.path.${part}`) ? words.t(`policy.path.${part}`) : part)).join(' · ')
}

/** A key of words may hold no full stop or colon: `24:00` stands there as 24_00. */
export const keyOf = (value: string): string => value.replace(/[^A-Za-z0-9_]/g, '_')

type Plain = Record<string, unknown>

/** A value as people say it: a term, a card, yes or no, windows of the day, one of several words, or the number with its unit. */
export function say(path: string, value: unknown, words: Words): string {
  const { t, te } = words
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return t(value ? 'policy.yesWord' : 'policy.noWord')
  if (Array.isArray(value)) return value.map((one: unknown) => (Array.isArray(one) ? one.join('–') : say(path, one, words))).join(t('policy.and'))
  if (typeof value === 'object') return sayTerm(value as Plain, words)
  const last = path.slice(path.lastIndexOf('.') + 1)
  if (typeof value === 'number' && path.includes('.sure.')) return t('policy.count.alike', { n: value })
  if (typeof value === 'number') return last.endsWith('_s') ? sayTime(value, t) : te(`policy.count.${last}`) ? t(`policy.count.${last}`, { n: value }) : String(value)
  const key = keyOf(String(value))
  return te(`policy.value.${key}`) ? t(`policy.value.${key}`) : String(value)
}

function sayTerm(value: Plain, { t }: Words): string {
  const length = t(`policy.unit.${String(value.unit)}`, { n: value.after ?? value.value })
  if (!('after' in value)) return length
  const names = (key: string) => (value[key] as string[]).map((one) => t(`policy.value.${one}`)).join(t('policy.and'))
  return t('policy.cardAfter', { length, people: names('notify'), ways: names('by') })
}

function sayTime(seconds: number, t: Words['t']): string {
  if (seconds % 3600 === 0) return t('policy.unit.hours', { n: seconds / 3600 })
  return seconds % 60 === 0 ? t('policy.unit.minutes', { n: seconds / 60 }) : t('policy.unit.seconds', { n: seconds })
}

/** A note names readings and settings by their codes; people read their names. `name`: '' for what is no such code. */
export function plainNote(note: string, name: (code: string) => string): string {
  return note.replace(/[a-z][a-z0-9_]*/g, (code) => (name(code) ? `“${name(code)}”` : code))
}

/** What a setting is called, by the last part of its path. */
export const settingName = (code: string, { t, te }: Words): string => (te(`policy.path.${code}`) ? t(`policy.path.${code}`) : '')
