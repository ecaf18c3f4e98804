import { test } from '@jest/globals'
import type { HsmLimits } from '../../src/core/hsm.js'
import { type KeySpec, keySpecRow } from '../../src/core/key-specs.js'
import { type DatakeyPairSpec, pairAlgorithm } from '../../src/core/pair-specs.js'
import { limitsOf } from '../../src/hsm/profile.js'
import { chosen, chosenProfile } from './chosen-token.js'

/*
 * What a chosen token cannot do is skipped for a reason that its profile gives; how the API refuses it is the business of
 * test/integration/lacking.test.ts. The usual token can do everything.
 */

/** What the chosen token can do. */
export const limits: HsmLimits = limitsOf(chosenProfile)

/** The reason, where the chosen token makes no keys of a specification. */
export function lackOfSpec(spec: KeySpec): string | undefined {
  const { algorithm } = keySpecRow(spec)
  return lackOf(algorithm, limits.algorithms.includes(algorithm))
}

/** The reason, where the chosen token does not make and wrap pairs of a specification. */
export function lackOfPairSpec(spec: DatakeyPairSpec): string | undefined {
  return lackOf(`wrapped pairs of ${spec}`, wrapsPairs(spec))
}

/** The reason, where the chosen token does not have something. */
export function lackOf(what: string, has: boolean): string | undefined {
  return has ? undefined : `the profile ${chosen.name} has no ${what}`
}

/** Whether the chosen token makes keys of a specification. */
export function makes(spec: KeySpec): boolean {
  return lackOfSpec(spec) === undefined
}

function wrapsPairs(spec: DatakeyPairSpec): boolean {
  try {
    pairAlgorithm(spec, limits)
    return true
  } catch {
    return false
  }
}

/** Declares a test that is skipped for a reason, if there is one; the reason stands in its title. */
export function testUnless(
  reason: string | undefined,
  title: string,
  run: () => Promise<void>,
  timeoutMs?: number,
): void {
  if (reason === undefined) test(title, run, timeoutMs)
  else test.skip(`${title} [skipped: ${reason}]`, run)
}

/** Declares a test for each row, some of which are skipped for a reason. */
export function testEachUnless<Row>(
  rows: readonly Row[],
  lack: (row: Row) => string | undefined,
  title: (row: Row) => string,
  run: (row: Row) => Promise<void>,
  timeoutMs?: number,
): void {
  for (const row of rows) testUnless(lack(row), title(row), () => run(row), timeoutMs)
}
