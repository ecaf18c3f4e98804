import { createPublicKey } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { VerifyOrder } from './verify-apart.js'
import { verifyLog } from './verify-log.js'

/* Verifies an audit log once, and says what it found. */

// On Linux this is the priority of the calling thread; elsewhere it would be that of the whole service.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)

// Both ends are of one build.
const { folder, publicKeys } = workerData as VerifyOrder
const keys = publicKeys.map((key) =>
  createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
)
parentPort?.postMessage(await verifyLog(folder, { publicKeys: keys }))
