import { createPublicKey } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import type { VerifyOrder, VerifyOutcome } from './verify-apart.js'
import { verifyLog } from './verify-log.js'

/* Verifies an audit log once, and says what it found. */

// Signals that a terminal or a service manager sends to all processes are for the service: it ends this one.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.once('disconnect', () => process.exit())
yieldToOthers()
process.once('message', (order) => {
  // Both ends are of one build.
  void verify(order as VerifyOrder).then((outcome) => process.send?.(outcome))
})

async function verify({ folder, publicKeys }: VerifyOrder): Promise<VerifyOutcome> {
  try {
    const keys = publicKeys.map((key) =>
      createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }),
    )
    return await verifyLog(folder, { publicKeys: keys })
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

function yieldToOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // Where a sandbox forbids that, a check that takes from calls is better than none.
  }
}
