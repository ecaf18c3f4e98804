import type { Figure } from './figure.js'
import type { Requirement } from './requirements.js'

/**
 * What a check came to. `manual`: the run shows what there is, and a person has to judge it; the reason says what to look
 * at.
 */
export type Verdict = 'pass' | 'fail' | 'not-applicable' | 'manual'

/** What a run may do: `read-only` creates no object on the token, `full` makes throw-away ones and destroys them. */
export type Mode = 'read-only' | 'full'

/** Parts of the run, in the order of the report. */
export const SUITES = [
  'token',
  'known-answers',
  'random',
  'keys',
  'attempts',
  'store',
  'ciphertext',
  'life-cycle',
  'access',
  'transport',
  'audit',
  'build',
] as const

/** Part of the run that a check belongs to. */
export type Suite = (typeof SUITES)[number]

/** What a check asks, for whoever reads its report. */
export interface CheckDefinition {
  /** Stable across releases, e.g. `KEY-EXTRACTABLE`. */
  readonly id: string
  readonly suite: Suite
  /** What holds where the check passes. */
  readonly title: string
  /** The clauses that it serves, at least one. */
  readonly requirements: readonly Requirement[]
  /** How it is found out. */
  readonly method: string
}

/** A check on one subject: a test, an object on the token, a row of the store. */
export interface Finding {
  /** Printable, one line. */
  readonly subject: string
  /** What was seen: printable, one line. */
  readonly observed: string
  readonly verdict: Verdict
  /** Why a subject is not judged, what was wanted of it, or what a person must look at. */
  readonly reason?: string | undefined
}

/** A check on all of its subjects. */
export interface CheckResult extends CheckDefinition {
  readonly verdict: Verdict
  /** Why the check does not apply, to all subjects or to some; or what bounds it. */
  readonly remarks: readonly string[]
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
  /** Subjects that a person must judge. */
  readonly manual: number
  /** How often each thing was seen. */
  readonly observed: Readonly<Record<string, number>>
  readonly failures: readonly Finding[]
  /** What a person must look at, each with its reason. */
  readonly toReview: readonly Finding[]
  readonly figures: readonly Figure[]
}

/**
 * Sums the findings of a check up: one that fails fails it; else one that a person must judge makes it manual; and it
 * passes on something that passed, never on nothing.
 *
 * @param nothing - why there may be no finding at all
 */
export function conclude(
  definition: CheckDefinition,
  findings: readonly Finding[],
  {
    nothing,
    bound,
    figures = [],
  }: {
    readonly nothing: string
    readonly bound?: string | undefined
    readonly figures?: readonly Figure[]
  },
): CheckResult {
  const failures = findings.filter(({ verdict }) => verdict === 'fail')
  const toReview = findings.filter(({ verdict }) => verdict === 'manual')
  const passed = count(findings, 'pass')
  return {
    ...definition,
    verdict: verdictOf({ failed: failures.length, manual: toReview.length, passed }),
    remarks: [
      ...(findings.length === 0 ? [nothing] : []),
      ...(bound === undefined ? [] : [bound]),
      ...reasonsOfOmission(findings),
    ],
    passed,
    failed: failures.length,
    notApplicable: count(findings, 'not-applicable'),
    manual: toReview.length,
    observed: tally(findings),
    failures,
    toReview,
    figures,
  }
}

/** A finding in one line. */
export function lineOf({ subject, observed, reason }: Finding): string {
  return `${subject}: ${observed}${reason === undefined ? '' : ` (${reason})`}`
}

function verdictOf(counts: {
  readonly failed: number
  readonly manual: number
  readonly passed: number
}): Verdict {
  if (counts.failed > 0) return 'fail'
  if (counts.manual > 0) return 'manual'
  return counts.passed > 0 ? 'pass' : 'not-applicable'
}

function count(findings: readonly Finding[], wanted: Verdict): number {
  return findings.filter(({ verdict }) => verdict === wanted).length
}

function reasonsOfOmission(findings: readonly Finding[]): readonly string[] {
  const omitted = findings.filter(({ verdict }) => verdict === 'not-applicable')
  return [...new Set(omitted.map(({ reason }) => reason ?? 'No reason was given.'))]
}

function tally(findings: readonly Finding[]): Readonly<Record<string, number>> {
  const seen = new Map<string, number>()
  for (const { observed } of findings) seen.set(observed, (seen.get(observed) ?? 0) + 1)
  return Object.fromEntries(seen)
}
