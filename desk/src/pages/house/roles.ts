import type { Role } from '@/stores/session'

export const ROLES: readonly Role[] = ['agent', 'expert', 'supervisor', 'office', 'unit', 'leader', 'auditor', 'admin']
/** People of a unit have one; who looks after units may be bound to a place. */
export const ofUnit = (role: Role): boolean => role === 'unit' || role === 'leader'
export const ofPlace = (role: Role): boolean => !ofUnit(role) && role !== 'admin'
