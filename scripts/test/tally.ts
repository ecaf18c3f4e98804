/** What a step of the test run found. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  /** One line for each test or suite that did not run, with the reason. */
  readonly skips: readonly string[]
}

/** A step that failed as a whole, e.g. since it crashed before it counted anything. */
export const ONE_FAILURE: Tally = { passed: 0, failed: 1, skips: [] }

/** Adds up what the steps found. */
export function total(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
    skips: tallies.flatMap(({ skips }) => skips),
  }
}

/** Counts a program as one check. */
export function tallyOfCheck(exitCode: number): Tally {
  return exitCode === 0 ? { passed: 1, failed: 0, skips: [] } : ONE_FAILURE
}

/** Counts what the last line of an output says, `N passed, N failed` with `, N skipped` if any. */
export function tallyOfOutput(name: string, exitCode: number, output: string): Tally {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  const counts = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last)
  if (counts === null) return ONE_FAILURE
  const [passed, failed, skipped] = [counts[1], counts[2], counts[3]].map((text) =>
    Number(text ?? 0),
  )
  return {
    passed: passed ?? 0,
    failed: atLeastOneIf(exitCode !== 0, failed ?? 0),
    skips: skipped ? [`${name}: ${skipped} skipped, for the reason printed above`] : [],
  }
}

/** A program that says that it failed is believed, whatever it counted. */
export function atLeastOneIf(failure: boolean, failed: number): number {
  return failure ? Math.max(1, failed) : failed
}
