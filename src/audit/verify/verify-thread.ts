import { createPublicKey } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { VerifyOrder } from './verify-apart.js'
import { verifyLog } from './verify-log.js'

/* Verifies an audit log once, and says what it found. */

yieldToOthers()
// Both ends are of one build.
const { folder, publicKeys } = workerData as VerifyOrder
const keys = publicKeys.map((key) =>
  createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
)
parentPort?.postMessage(await verifyLog(folder, { publicKeys: keys }))

/** On Linux this is the priority of the calling thread; elsewhere it would be that of the whole service. */
function yieldToOthers(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // Where a sandbox forbids that, a check that takes from calls is better than none.
  }
}
