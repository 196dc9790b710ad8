import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { destination, open, routes, startOf } from '@/router'
import type { Role } from '@/stores/session'

const ROLES: Role[] = ['admin', 'supervisor', 'agent', 'expert', 'unit', 'leader', 'office', 'auditor']

describe('pages', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {} }))
  })

  it('each says what it is called in both languages and who may come', () => {
    for (const route of routes) {
      expect(route.meta?.title.zh, route.path).toBeTruthy()
      expect(route.meta?.title.en, route.path).not.toMatch(/[\u4e00-\u9fff]/)
      expect(route.meta?.roles, route.path).toBeTruthy()
      expect(route.meta?.area, route.path).toBeTruthy()
    }
  })

  it.each(ROLES)('%s has a start page that is open to them', (role) => {
    const path = startOf(role)
    const route = routes.find((one) => one.path === path)
    expect(route && open(route, role)).toBe(true)
  })

  it('an expert passes where an agent does, and nobody without a log-in', () => {
    const page = { meta: { title: { zh: '', en: '' }, roles: ['agent'] as const } }
    expect(open(page, 'expert')).toBe(true)
    expect(open(page, 'unit')).toBe(false)
    expect(open(page, null)).toBe(false)
    expect(open({ meta: { ...page.meta, but: ['expert'] } }, 'expert')).toBe(false)
  })

  it.each(['https://elsewhere.example', '//elsewhere.example', '/login?from=/login', 'javascript:alert(1)', ['/a'], undefined])(
    'a log-in leads to no foreign or circular address: %s',
    (from) => {
      expect(destination(from, 'office')).toBe(startOf('office'))
    },
  )

  it('a log-in leads back to where one wanted to go', () => {
    expect(destination('/account', 'office')).toBe('/account')
  })
})
