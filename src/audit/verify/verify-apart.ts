import { Worker } from 'node:worker_threads'
import type { ChainReport } from './verify-log.js'

const THREAD = new URL('./verify-thread.js', import.meta.url)
/** Lines live for a moment: with more room they would only be thrown away later. */
const LIMITS = { maxYoungGenerationSizeMb: 4 }

/** What the thread is started with. */
export interface VerifyOrder {
  readonly folder: string
  /** DER of SubjectPublicKeyInfo, one for each key. */
  readonly publicKeys: readonly Uint8Array[]
}

/**
 * Does what `verifyLog` does in a thread of its own, which takes the processor time that is left over where the system
 * knows a priority of threads: a log of months takes hours, and calls must not wait for it.
 *
 * @returns nothing where the signal ended it
 * @throws Error of the system when the folder cannot be read
 */
export function verifyApart(
  order: VerifyOrder,
  signal: AbortSignal,
): Promise<readonly ChainReport[] | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  const thread = new Worker(THREAD, { workerData: order, resourceLimits: LIMITS, env: {} })
  return new Promise((resolve, reject) => {
    function end(): void {
      void thread.terminate()
    }
    signal.addEventListener('abort', end, { once: true })
    thread.on('message', resolve)
    thread.on('error', reject)
    // After a message or an error this comes too late to count.
    thread.on('exit', () => {
      signal.removeEventListener('abort', end)
      if (signal.aborted) resolve(undefined)
      else reject(new Error('The thread that verifies the audit log ended before its time.'))
    })
  })
}
