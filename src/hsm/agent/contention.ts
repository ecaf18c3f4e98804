import type { Profile } from '../profile.js'
import { returnValueName } from '../return-values.js'
import { TokenError, call } from './pkcs11-error.js'
import { sleep } from './sleep.js'

/** The store of a token of software is written in milliseconds: whoever waits for so long waits for something else. */
const PATIENCE_MS = 2000
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 40

/**
 * Runs a PKCS#11 call that puts an object on the token or takes it away. Where the token says that another process was at
 * its store just then (`contentionErrors` of the profile), nothing was done, and it is asked again for up to 2 s; `before`
 * runs before each time that it is.
 *
 * @throws TokenError as {@link call}
 */
export function callStoring<Result>(
  { contentionErrors = [] }: Pick<Profile, 'contentionErrors'>,
  name: `C_${string}`,
  run: () => Result,
  before: () => void = () => undefined,
): Result {
  const until = performance.now() + PATIENCE_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return call(name, run)
    } catch (error) {
      const said = error instanceof TokenError ? returnValueName(error.rv) : undefined
      const contended = said !== undefined && contentionErrors.includes(said)
      if (!contended || performance.now() + pause > until) throw error
    }
    // Two that wait for the same time meet again.
    sleep(pause * (0.5 + Math.random()))
    before()
  }
}
