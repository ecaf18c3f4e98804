import { runJest } from '../test/run-jest.js'
import type { Tally } from '../test/tally.js'
import { memoryFolder } from './memory-folder.js'

/** Suites that reach a token through the service, from handlers to the service as a process. */
export const THROUGH_THE_SERVICE: readonly string[] = [
  'test/operations/',
  'test/conformance/api/',
  'test/http/',
  'test/integration/',
  'test/trust/',
]

/** What the usual run does on SoftHSM and NSS softokn anyway. */
export const OF_THE_TOKEN: readonly string[] = [
  'test/contract/hsm',
  'test/conformance/(token-kwp|wycheproof-signatures)',
  'test/hsm/probe',
]

/** Suites among these that make SoftHSM tokens themselves: on another one they would be the same. */
const OF_SOFTHSM =
  'test/integration/(end-in-time|hung-agents|moving|pin-descriptor|refused-pin|request-deadline|settings)'

/** Runs suites on a token, by the name of its profile. */
export function runOnToken(
  name: string,
  suites: readonly string[],
  variables: readonly string[] = [],
): Promise<Tally> {
  const apart = ['--testPathIgnorePatterns', OF_SOFTHSM, '--testPathPatterns']
  // Tokens of software write every key through to the disk, and each suite has tokens of its own.
  const memory = memoryFolder()
  return runJest(
    `jest on ${name}`,
    [...apart, ...suites],
    [`KMS_TEST_TOKEN=${name}`, ...(memory === undefined ? [] : [`TMPDIR=${memory}`]), ...variables],
  )
}
