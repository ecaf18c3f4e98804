import { KmsError } from '../../src/core/errors.js'

/** What became of calls made at once: `done` or the error code, those that were done first. */
export async function outcomes(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const names = (await Promise.allSettled(calls)).map((outcome) => {
    if (outcome.status === 'fulfilled') return 'done'
    return outcome.reason instanceof KmsError ? outcome.reason.code : String(outcome.reason)
  })
  return names.sort((a, b) => Number(b === 'done') - Number(a === 'done') || (a < b ? -1 : 1))
}
