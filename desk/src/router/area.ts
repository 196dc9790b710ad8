import type { Component } from 'vue'
import type { RouteMeta, RouteRecordRaw } from 'vue-router'
import type { Role } from '@/stores/session'

/** A few words known before an area's own are loaded: navigation and window titles. */
export interface Words {
  zh: string
  en: string
}

declare module 'vue-router' {
  interface RouteMeta {
    title: Words
    /** What people of a role call it, where they call it otherwise. */
    titleFor?: Partial<Record<Role, Words>>
    /** Who may come here. 'anybody': whoever is logged in; 'public': without a log-in. An expert passes as agent, a leader as unit. */
    roles: readonly Role[] | 'anybody' | 'public'
    /** These may not, although they pass as a role named above. */
    but?: readonly Role[]
    /** An entry in the navigation of those who may come here. Lower `order` stands higher: 10 calls, 20 tickets, 30 units, 40 floor, 50 knowledge, 60 assessment, 70 records, 80 settings. */
    nav?: { icon: Component; order: number }
    /** These roles start here after logging in. */
    startOf?: readonly Role[]
    /** Without the shell: log-in, wallboard, citizen's pages. */
    bare?: boolean
    /** The work fills the window to its edges and scrolls by itself. */
    full?: boolean
    /** The folder under pages/, set by `area()`. */
    area?: string
    /** Areas whose parts these pages are made of: their words come along. */
    also?: readonly string[]
  }
}

/** A page's title for somebody of this role. */
export const titleOf = (meta: RouteMeta, role: Role | null): Words => (role && meta.titleFor?.[role]) || meta.title

/** The areas whose words a page needs. */
export const areasOf = (meta: RouteMeta): string[] => [...(meta.area ? [meta.area] : []), ...(meta.also ?? [])]

/** The pages of one folder under pages/. `name` is that folder: its words are loaded before its pages are shown. */
export function area(name: string, routes: RouteRecordRaw[]): RouteRecordRaw[] {
  return routes.map((route) => ({ ...route, meta: { ...route.meta, area: name } }) as RouteRecordRaw)
}
