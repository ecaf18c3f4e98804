import { StaleRevision } from './key-store.js'

/** Every lost race means that another writer won it, so a few attempts outlast any real contention. */
const ATTEMPTS = 5

/**
 * Runs a read, a decision and a write again when another writer came between them.
 *
 * @throws what `run` throws; StaleRevision when other writers won every attempt
 */
export async function retryStale<Result>(
  run: () => Promise<Result>,
  attempts = ATTEMPTS,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === attempts) throw error
    }
  }
}
