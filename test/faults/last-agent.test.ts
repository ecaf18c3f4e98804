import { afterEach, expect, test } from '@jest/globals'
import { HsmError } from '../../src/core/hsm.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()
const PIN_INCORRECT = 0xa0

describeUnless(reason, 'the last agent, where no other can be started', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  test('takes no call with it into a wait: what it had is refused at once', async () => {
    const { token, faults } = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => token.remove())
    const ended: string[] = []
    let ready = 0
    const hsm = await openTestHsm(token, {
      observer: {
        ...silentObserver,
        agents: (counts) => void (ready = counts.ready),
        agentEnded: (why) => void ended.push(why),
      },
    })
    opened.push(() => hsm.close())
    await until(() => ready === 2)
    const login = faults.inject({ function: 'C_Login' }, { returnValue: PIN_INCORRECT })
    const [first = 0, last = 0] = agentPids()
    process.kill(first, 'SIGKILL')
    await until(() => ended.includes('refused'))
    const random = faults.inject({ function: 'C_GenerateRandom' }, { hang: 'for-ever' })
    const call = hsm.random(8)
    const failed = expect(call).rejects.toThrow(HsmError)
    await until(() => random.hits() === 1)
    const killedAt = performance.now()
    process.kill(last, 'SIGKILL')
    await failed
    expect(performance.now() - killedAt).toBeLessThan(2000)
    expect(login.hits()).toBe(1)
    expect(hsm.status().ready).toBe(false)
  })
})
