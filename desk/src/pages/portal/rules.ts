/** What a citizen's form must hold before it is sent, and how a ticket's way is shown. */
import type { components } from '@/api/schema'

export const TYPES = ['help', 'complaint', 'consult', 'suggestion', 'report'] as const
export type Kind = (typeof TYPES)[number]
export type Grade = components['schemas']['GradesOffered']['grades'][number]
export const MOST_PHOTOS = 6

export interface Matter {
  type: Kind
  title: string
  body: string
  county: string
  town: string
  address: string
  phone: string
  code: string
  name: string
  confidential: boolean
  agreed: boolean
}
export type Field = 'title' | 'body' | 'phone' | 'code' | 'agreed'

export const blank = (): Matter => ({
  type: 'help', title: '', body: '', county: '', town: '', address: '', phone: '', code: '', name: '', confidential: false, agreed: false,
})

export const isMobile = (phone: string): boolean => /^(\+?86)?1[3-9][0-9]{9}$/.test(phone.replace(/[\s-]/g, ''))
export const isCode = (code: string): boolean => /^[0-9]{6}$/.test(code.trim())
export const plainPhone = (phone: string): string => phone.replace(/[\s-]/g, '')

/** What is missing, in the order of the form. */
export function lacks(matter: Matter): Field[] {
  const found: [Field, boolean][] = [
    ['title', matter.title.trim().length < 4],
    ['body', matter.body.trim().length < 10],
    ['phone', !isMobile(matter.phone)],
    ['code', !isCode(matter.code)],
    ['agreed', !matter.agreed],
  ]
  return found.filter(([, missing]) => missing).map(([field]) => field)
}

/** A ticket's number as people type it: with or without its hyphen, full-width or not; '' for what is none. */
export function ticketNumber(typed: string): string {
  const digits = typed.normalize('NFKC').replace(/[^0-9]/g, '')
  return digits.length === 14 ? `${digits.slice(0, 8)}-${digits.slice(8)}` : ''
}

export const STEPS = ['filed', 'dispatched', 'working', 'replied', 'resolved'] as const
const REACHED: Record<string, number> = {
  filed: 0, returned: 0, disputed: 0, dispatched: 1, deemed: 1, signed: 2, extension_asked: 2, redoing: 2, replied: 3, reviewed: 3,
  resolved: 4, revisited: 4, archived: 4, answered: 4,
}

/** How far a ticket has come: an index into STEPS; -1 where it left the way (taken back, refused, joined to another). */
export const reached = (state: string): number => REACHED[state] ?? -1

/** Whether its citizen may say how it went. */
export const gradable = (state: string): boolean => ['resolved', 'revisited', 'archived'].includes(state)
