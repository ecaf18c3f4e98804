import { afterEach, expect, test } from '@jest/globals'
import type { LoginTurns } from '../../src/core/login-turns.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

/** Shorter than an agent is given to come back from its library, and much longer than all that is done around it. */
const LOGIN_MS = 1000
/** How late it may be seen that a login has begun. */
const LOOK_MS = 300

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'the turn of a process to log in', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  test('lasts as long as the login of its agent, also when the process stops', async () => {
    const { token, faults } = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => token.remove())
    const turns = new WatchedTurns()
    const hsm = await openTestHsm(token, { agents: 1, logins: turns.port })
    opened.push(() => hsm.close())
    expect(turns.ends).toHaveLength(1)

    const login = faults.inject({ function: 'C_Login' }, { delayMicroseconds: LOGIN_MS * 1000 })
    const [agent = 0] = agentPids()
    process.kill(agent, 'SIGKILL')
    await until(() => login.hits() > 0)
    const seenAt = performance.now()
    await hsm.close()
    const [, end = 0] = turns.ends
    expect(turns.ends).toHaveLength(2)
    // Before that, another process would have tried the same PIN at the same time.
    expect(end - seenAt).toBeGreaterThan(LOGIN_MS - LOOK_MS)
  }, 30_000)
})

/** Always says yes. */
class WatchedTurns {
  /** When turns ended, in milliseconds of the monotonic clock. */
  readonly ends: number[] = []
  readonly port: LoginTurns = {
    ask: () => Promise.resolve('yes'),
    over: () => void this.ends.push(performance.now()),
  }
}
