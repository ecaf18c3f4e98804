import { judgeAttempts } from './attempt-check.js'
import { judgeAttributes } from './attribute-checks.js'
import type { CheckResult } from './check.js'
import { isServiceItem, takeInventory } from './inventory.js'
import { judgeKnownAnswers } from './known-answer-checks.js'
import type { Observations } from './observations.js'
import { judgeStore } from './store-checks.js'
import { judgeUsage } from './usage-checks.js'

/** Judges what was observed: every check, in the order of the report. */
export function judge(observations: Observations): readonly CheckResult[] {
  const items = takeInventory(observations)
  const keys = items.filter(isServiceItem)
  return [
    ...judgeKnownAnswers(observations),
    ...judgeAttributes(keys, observations.facts),
    ...judgeUsage(keys, observations.facts),
    judgeAttempts(keys, observations.attempts),
    ...judgeStore(items, observations),
  ]
}
