import type { Clock } from '../core/clock.js'
import type { KeyAttributes, TokenIdentity } from '../core/hsm.js'
import type { CheckResult, Verdict } from './check.js'
import { judge } from './judge.js'
import { type Observed, observe } from './observe.js'
import type { KeyRole } from './observations.js'

/** What a compliance run found. */
export interface ComplianceReport {
  readonly verdict: Exclude<Verdict, 'not-applicable'>
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  readonly identity: TokenIdentity
  readonly checks: readonly CheckResult[]
  /** Keys that the store names, by role. */
  readonly storedKeys: Readonly<Record<KeyRole, number>>
  readonly objects: readonly KeyAttributes[]
}

/**
 * Runs every check.
 *
 * @throws HsmError or StoreUnavailable when it could not run to the end: then there is no verdict
 */
export async function runCompliance(parts: Observed, clock: Clock): Promise<ComplianceReport> {
  const startedAt = clock()
  const observations = await observe(parts)
  const checks = judge(observations)
  const { identity, objects, stored } = observations
  function count(role: KeyRole): number {
    return stored.filter((key) => key.role === role).length
  }
  return {
    verdict: checks.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass',
    startedAt,
    endedAt: clock(),
    identity,
    checks,
    storedKeys: {
      cmk: count('cmk'),
      import: count('import'),
      binding: count('binding'),
      credential: count('credential'),
    },
    objects,
  }
}

/** Number of checks by verdict. */
export function countVerdicts(checks: readonly CheckResult[]): Readonly<Record<Verdict, number>> {
  function count(wanted: Verdict): number {
    return checks.filter(({ verdict }) => verdict === wanted).length
  }
  return { pass: count('pass'), fail: count('fail'), 'not-applicable': count('not-applicable') }
}
