import type { Problem } from '@/api/problem'

/** Somebody was first: what the ticket is now. */
export const changedOf = (problem: Problem | null): Problem['current'] => (problem?.status === 409 ? (problem.current ?? null) : null)
