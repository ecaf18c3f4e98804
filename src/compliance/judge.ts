import { judgeAttacks } from './attempts/attack-checks.js'
import { judgeAttempts } from './attempts/attempt-check.js'
import { judgeAuditLog } from './audit-log/audit-log-checks.js'
import { judgeBuild } from './build/build-checks.js'
import { type CheckResult, SUITES } from './check.js'
import { judgeFrames } from './ciphertext/frame-checks.js'
import { isServiceItem, takeInventory } from './inventory.js'
import { judgeAlgorithms } from './keys/algorithm-check.js'
import { judgeAttributes } from './keys/attribute-checks.js'
import { judgeUsage } from './keys/usage-checks.js'
import { judgeKnownAnswers } from './known-answers/known-answer-checks.js'
import { judgeVectors } from './known-answers/vector-checks.js'
import { judgeLifeCycle } from './life-cycle/life-cycle-checks.js'
import type { Observations } from './observations.js'
import { judgeRandom } from './random/random-checks.js'
import { judgeStore } from './records/store-checks.js'
import { judgeRights } from './rights/rights-checks.js'
import { judgeToken } from './token/token-checks.js'
import { judgeTransport } from './transport/transport-checks.js'

/** Judges what was observed: every check, by suite in the order of the report. */
export function judge(observations: Observations): readonly CheckResult[] {
  const items = takeInventory(observations)
  const keys = items.filter(isServiceItem)
  const checks = [
    ...judgeToken(observations),
    ...judgeKnownAnswers(observations),
    ...judgeVectors(observations.vectors),
    ...judgeRandom(observations.random),
    ...judgeAttributes(keys, observations.facts),
    ...judgeUsage(keys, observations.facts),
    judgeAlgorithms(keys),
    judgeAttempts(keys, observations),
    ...judgeAttacks(observations.attacks),
    ...judgeStore(items, observations),
    ...judgeFrames(observations.frames),
    ...judgeLifeCycle(observations.lifeCycle),
    ...judgeRights(observations.rights),
    ...judgeTransport(observations.transport),
    ...judgeAuditLog(observations.auditLog),
    ...judgeBuild(observations.build),
  ]
  return SUITES.flatMap((suite) => checks.filter((check) => check.suite === suite))
}
