import type { Clock } from '../core/clock.js'
import type { KeyAttributes, TokenIdentity } from '../core/hsm-inspection.js'
import { billOfMaterials } from './build/bill-of-materials.js'
import type { CheckResult, Mode, Verdict } from './check.js'
import { judge } from './judge.js'
import { type Observed, observe } from './observe.js'
import type { KeyRole, Observations } from './observations.js'

/** What a compliance run found. */
export interface ComplianceReport {
  /** What a person has to judge does not make it fail: {@link countVerdicts} tells how much there is. */
  readonly verdict: 'pass' | 'fail'
  readonly mode: Mode
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  readonly identity: TokenIdentity
  readonly checks: readonly CheckResult[]
  /** Keys that the store names, by role. */
  readonly storedKeys: Readonly<Record<KeyRole, number>>
  readonly objects: readonly KeyAttributes[]
  /** Files that belong to the report besides its own forms, e.g. the bill of materials. */
  readonly attachments: readonly Attachment[]
}

/** A file that belongs to a report. */
export interface Attachment {
  /** Without a folder, e.g. `sbom.cdx.json`. */
  readonly name: string
  readonly mediaType: string
  readonly text: string
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
    mode: parts.mode,
    startedAt,
    endedAt: clock(),
    identity,
    checks,
    storedKeys: {
      cmk: count('cmk'),
      import: count('import'),
      binding: count('binding'),
      credential: count('credential'),
      audit: count('audit'),
    },
    objects,
    attachments: attachmentsOf(observations, startedAt),
  }
}

function attachmentsOf({ build }: Observations, now: number): readonly Attachment[] {
  if (!('value' in build)) return []
  const text = billOfMaterials(build.value, now)
  return [{ name: 'sbom.cdx.json', mediaType: 'application/vnd.cyclonedx+json', text }]
}

/** Number of checks by verdict. */
export function countVerdicts(checks: readonly CheckResult[]): Readonly<Record<Verdict, number>> {
  function count(wanted: Verdict): number {
    return checks.filter(({ verdict }) => verdict === wanted).length
  }
  return {
    pass: count('pass'),
    fail: count('fail'),
    'not-applicable': count('not-applicable'),
    manual: count('manual'),
  }
}
