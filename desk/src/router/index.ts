import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteLocationRaw, type RouteRecordRaw } from 'vue-router'
import { i18n, loadWords } from '@/i18n'
import { areasOf, titleOf } from '@/router/area'
import { useLook } from '@/stores/look'
import { passes, useSession, type Role } from '@/stores/session'

const areas = import.meta.glob<RouteRecordRaw[]>('../pages/*/routes.ts', { eager: true, import: 'default' })

/** Every area's routes, gathered by their files: adding an area touches no file but its own. */
export const routes: RouteRecordRaw[] = Object.values(areas).flat()

const HOME = '/account' // where nobody's start page is built yet

/** Where a person of this role begins. */
export function startOf(role: Role): string {
  const named = routes.filter((route) => route.meta?.startOf?.includes(role))
  const also = routes.filter((route) => route.meta?.startOf && passes(role, route.meta.startOf))
  return [...named, ...also][0]?.path ?? HOME
}

/** May somebody of this role come here? */
export function open(route: Pick<RouteRecordRaw, 'meta'>, role: Role | null): boolean {
  const roles = route.meta?.roles ?? 'anybody'
  if (roles === 'public') return true
  if (role === null) return false
  return roles === 'anybody' || (passes(role, roles) && !route.meta?.but?.includes(role))
}

/** After a log-in: back to where one wanted to go, if it is a page of ours and open to this role. */
export function destination(from: unknown, role: Role): string {
  if (typeof from === 'string' && /^\/(?!\/|login)/.test(from) && open(router.resolve(from), role)) return from
  return startOf(role)
}

async function guard(to: RouteLocationNormalized): Promise<true | RouteLocationRaw> {
  const session = useSession()
  try {
    await session.restore()
  } catch {
    if (!session.me && to.meta.roles !== 'public') return { name: 'login', query: { from: to.fullPath } }
  }
  await Promise.all(areasOf(to.meta).map((name) => loadWords(name, useLook().look.language)))
  if (to.path === '/') return session.role ? startOf(session.role) : { name: 'login' }
  if (to.name === 'login' && session.role) return destination(to.query.from, session.role)
  if (open(to, session.role)) return true
  return session.role ? { name: 'forbidden', query: { from: to.fullPath } } : { name: 'login', query: { from: to.fullPath } }
}

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(guard)
router.afterEach((to, from) => {
  const words = to.meta.title && titleOf(to.meta, useSession().role)
  if (words) document.title = `${useLook().look.language === 'en' ? words.en : words.zh} · ${i18n.global.t('short')}`
  if (from.matched.length && to.path !== from.path) requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }))
})
