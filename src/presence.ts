import { randomBytes } from 'node:crypto'
import type { Backend } from './backend.js'
import { SEEN_EVERY_MS } from './core/serving-process.js'

/**
 * Says in the database, again and again, that this process serves and which tokens it reaches: whoever moves keys to
 * another token asks first whether everybody can follow. A database that is away is not told.
 */
export async function startPresence({
  database,
  tokens,
}: Pick<Backend, 'database' | 'tokens'>): Promise<{ close(this: void): Promise<void> }> {
  const id = randomBytes(16).toString('hex')
  const { servingProcesses: store } = database
  let telling = Promise.resolve()
  function tell(): void {
    const process = { id, homes: tokens.homes(), seenAt: Date.now() }
    telling = store.note(process).catch(() => undefined)
  }
  tell()
  const timer = setInterval(tell, SEEN_EVERY_MS).unref()
  await telling
  return {
    async close() {
      clearInterval(timer)
      await telling
      await store.remove(id).catch(() => undefined)
    },
  }
}
