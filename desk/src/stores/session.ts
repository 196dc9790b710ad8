import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api, ok } from '@/api/client'
import type { Problem } from '@/api/problem'
import type { components } from '@/api/schema'
import { shelf } from '@/api/tokens'

export type Me = components['schemas']['Me']
export type Role = Me['role']

/** Where somebody's right goes further than the role named: as core/rights.py says it. */
const ALSO: Partial<Record<Role, Role>> = { expert: 'agent', leader: 'unit' }
export const AT_A_SEAT: readonly Role[] = ['agent', 'expert']

/** Whether a page or button that names these roles is for `role`. */
export const passes = (role: Role, named: readonly Role[]): boolean => named.includes(role) || named.includes(ALSO[role] ?? role)

/** Who works here now. `me` is null until `restore` or a log-in, and after a log-out in any tab. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  let restoring: Promise<void> | null = null
  shelf.watch((tokens) => {
    if (!tokens) me.value = null
  })

  /** After a reload or in a new tab: tokens of this tab, or of another one. Throws Problem where the service is away. */
  function restore(): Promise<void> {
    restoring ??= find().finally(() => (restoring = null))
    return restoring
  }

  async function find(): Promise<void> {
    if (me.value || !(shelf.current ?? (await shelf.borrow()))) return
    try {
      me.value = await ok(api.GET('/users/me'))
    } catch (error) {
      if (shelf.current) throw error // not over, only out of reach
    }
  }

  async function logIn(login: string, password: string): Promise<void> {
    shelf.take(await ok(api.POST('/token', { body: { login, password } })))
    await find()
  }

  /** Where the instance is a demonstration: without a password. */
  async function logInAs(login: string): Promise<void> {
    shelf.take(await ok(api.POST('/demo/token', { body: { login } })))
    await find()
  }

  /** Who has something to put away first does so, and says what keeps one here; null: one may go. */
  const putAway = new Set<() => Promise<Problem | null>>()
  function beforeLeaving(deed: () => Promise<Problem | null>): void {
    putAway.add(deed)
  }

  /** Out, in every tab; what keeps one here, if anything does: a citizen is never hung up on by a log-out. */
  async function logOut(): Promise<Problem | null> {
    for (const deed of putAway) {
      const problem = await deed()
      if (problem) return problem
    }
    shelf.drop()
    return null
  }

  const role = computed(() => me.value?.role ?? null)
  const may = (named: readonly Role[]): boolean => role.value !== null && passes(role.value, named)
  return { me, role, may, restore, logIn, logInAs, logOut, beforeLeaving }
})
