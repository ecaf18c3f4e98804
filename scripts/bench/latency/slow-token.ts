import { FaultInjector } from '../../../test/support/fault-injector/fault-injector.js'
import { openSoftHsmToken } from '../../../test/support/softhsm-token.js'
import { memoryFolder } from '../../token/memory-folder.js'
import type { MeasuredToken } from '../measured-service.js'

const US_PER_MS = 1000

/** A token whose calls can be made to take as long as those over a network. */
export interface SlowToken extends MeasuredToken {
  /** Runs something while every PKCS#11 call takes longer by so many milliseconds. */
  slowed<Result>(this: void, ms: number, run: () => Promise<Result>): Promise<Result>
  /** PKCS#11 calls of all processes so far. */
  calls(this: void): number
}

/**
 * Makes a SoftHSM token behind the fault injector. Its profile is that of a network HSM as far as agents go: as many
 * sessions in each as wanted, no leak for which agents are exchanged, and no disk: SoftHSM reads files at every use of a key.
 */
export async function openSlowToken(sessionsPerAgent: number): Promise<SlowToken> {
  const { token, faults } = FaultInjector.around(await openSoftHsmToken(memoryFolder()), {
    sessionsPerAgent,
    recycleAfterCalls: 0,
  })
  return {
    ...token,
    async slowed(ms, run) {
      const { remove } = faults.inject({ function: '*' }, { delayMicroseconds: US_PER_MS * ms })
      try {
        return await run()
      } finally {
        remove()
      }
    },
    calls() {
      return faults
        .processes()
        .flatMap(({ calls }) => Object.values(calls))
        .reduce((sum, count) => sum + count, 0)
    },
  }
}
