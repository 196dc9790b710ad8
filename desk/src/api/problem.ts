import type { components } from '@/api/schema'

export type ProblemBody = components['schemas']['Problem']

/** What went wrong, in one shape: the API's problem+json, or our own words where it could not be reached. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly requestId: string
  readonly fields: { where: string; message: string }[]
  readonly current: ProblemBody['current']

  constructor(body: Partial<ProblemBody> & { code: string; status: number }) {
    super(body.detail ?? body.title ?? body.code)
    this.name = 'Problem'
    this.code = body.code
    this.status = body.status
    this.retryable = body.retryable ?? false
    this.requestId = body.request_id ?? ''
    this.fields = body.errors ?? []
    this.current = body.current ?? null
  }

  /** Nobody answered: no network, or the service is away. */
  get unreachable(): boolean {
    return this.status === 0
  }
}

/** Whatever was thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem({ code: 'broken', status: -1, detail: error instanceof Error ? error.message : String(error) })
}

function isBody(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'status' in value
}

/** A Problem from an answer that was no success. */
export function problemOf(status: number, body: unknown): Problem {
  return isBody(body) ? new Problem(body) : new Problem({ code: `http_${status}`, status })
}

type Translate = (key: string, named?: Record<string, unknown>) => string
type Exists = (key: string) => boolean

/**
 * One clear sentence in the user's language. The API's own words are Chinese and more precise than the code;
 * in English the code's words come first, so that nobody reads a language they don't know.
 */
export function sentence(problem: Problem, t: Translate, te: Exists, language: string): string {
  const ours = `problem.${problem.code}`
  if (language !== 'en' && problem.status > 0 && problem.message && problem.message !== problem.code) return problem.message
  if (te(ours)) return t(ours)
  const byStatus = `problem.${problem.status}`
  if (te(byStatus)) return t(byStatus)
  return ((language !== 'en' || problem.status < 0) && problem.message) || t('problem.broken') // what the page itself says is in the reader's language
}
