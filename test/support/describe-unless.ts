import { describe } from '@jest/globals'

/**
 * Declares a suite that is skipped for a reason, if there is one. The reason stands in the suite's title, from where
 * `npm test` prints it.
 */
export function describeUnless(reason: string | undefined, title: string, suite: () => void): void {
  if (reason === undefined) describe(title, suite)
  else describe.skip(`${title} [skipped: ${reason}]`, suite)
}
