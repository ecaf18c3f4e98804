import { HsmError, type HsmFailure } from '../core/hsm.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from './check.js'
import type { Figure } from './figure.js'
import { printable } from './printable.js'

/** What was answered, or the sentence with which it was not. */
export type Answer<Value> = { readonly value: Value } | { readonly error: string }

/** What was seen, the sentence with which it could not be seen, or the one that says why nobody looked. */
export type Seen<Value> = Answer<Value> | { readonly omitted: string }

/** What the token says about what it was asked ends that question, not the run. */
const ABOUT_THE_QUESTION: readonly HsmFailure[] = [
  'key-missing',
  'not-authentic',
  'unsuitable',
  'unsupported',
  'fault',
]

/**
 * Waits for an answer of the token.
 *
 * @throws HsmError where the token is away, and whatever else is no answer
 */
export async function answerOf<Value>(call: Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await call }
  } catch (error) {
    if (!(error instanceof HsmError) || !ABOUT_THE_QUESTION.includes(error.failure)) throw error
    return { error: error.message }
  }
}

/** Judges what was seen; what could not be seen fails, and what nobody looked at does not apply. */
export function concludeSeen<Value>(
  check: CheckDefinition,
  seen: Seen<Value>,
  judge: (value: Value) => {
    readonly findings: readonly Finding[]
    readonly figures?: readonly Figure[]
    /** Why there may be no finding. */
    readonly nothing?: string
    readonly bound?: string | undefined
  },
): CheckResult {
  if ('omitted' in seen) return conclude(check, [], { nothing: seen.omitted })
  if ('error' in seen) {
    const observed = printable(seen.error)
    const reason = 'it could not be found out'
    return conclude(check, [{ subject: 'the run', observed, verdict: 'fail', reason }], {
      nothing: '',
    })
  }
  const { findings, nothing = 'There was nothing to look at.', ...more } = judge(seen.value)
  return conclude(check, findings, { nothing, ...more })
}
