/** What a check came to. */
export type Verdict = 'pass' | 'fail' | 'not-applicable'

/** Part of the run that a check belongs to. */
export type Suite = 'known-answers' | 'keys' | 'store'

/** What a check asks, for whoever reads its report. */
export interface CheckDefinition {
  /** Stable across releases, e.g. `KEY-EXTRACTABLE`. */
  readonly id: string
  readonly suite: Suite
  /** What holds where the check passes. */
  readonly title: string
  /** The documents and sections that it serves. */
  readonly requirement: string
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
  /** Why a subject is not judged, or what was wanted of it. */
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
  /** How often each thing was seen. */
  readonly observed: Readonly<Record<string, number>>
  readonly failures: readonly Finding[]
}

/**
 * Sums the findings of a check up: one that fails fails it, and it passes on something that passed, never on nothing.
 *
 * @param nothing - why there may be no finding at all
 */
export function conclude(
  definition: CheckDefinition,
  findings: readonly Finding[],
  { nothing, bound }: { readonly nothing: string; readonly bound?: string | undefined },
): CheckResult {
  const failures = findings.filter(({ verdict }) => verdict === 'fail')
  const passed = count(findings, 'pass')
  return {
    ...definition,
    verdict: verdictOf(failures.length, passed),
    remarks: [
      ...(findings.length === 0 ? [nothing] : []),
      ...(bound === undefined ? [] : [bound]),
      ...reasonsOfOmission(findings),
    ],
    passed,
    failed: failures.length,
    notApplicable: count(findings, 'not-applicable'),
    observed: tally(findings),
    failures,
  }
}

/** A finding in one line. */
export function lineOf({ subject, observed, reason }: Finding): string {
  return `${subject}: ${observed}${reason === undefined ? '' : ` (${reason})`}`
}

function verdictOf(failed: number, passed: number): Verdict {
  if (failed > 0) return 'fail'
  return passed > 0 ? 'pass' : 'not-applicable'
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
