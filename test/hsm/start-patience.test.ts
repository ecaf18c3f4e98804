import { afterEach, expect, test } from '@jest/globals'
import { StartPatience } from '../../src/hsm/start-patience.js'
import { agentPids } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

test('patience grows with each start that it ended, and is bounded', () => {
  const patience = new StartPatience(5_000)
  expect(patience.limitMs).toBe(15_000)
  patience.noteStart(100)
  expect(patience.limitMs).toBe(3_000)
  const limits = Array.from({ length: 7 }, () => {
    patience.noteEnded()
    return patience.limitMs
  })
  expect(limits).toEqual([6_000, 12_000, 24_000, 48_000, 60_000, 60_000, 60_000])
  // What a slow start took is known from then on.
  patience.noteStart(1_200)
  expect(patience.limitMs).toBe(12_000)
})

test('patience reaches what a call may take', () => {
  const patience = new StartPatience(120_000)
  for (let count = 0; count < 60; count++) patience.noteEnded()
  expect(patience.limitMs).toBe(120_000)
})

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'a token whose starts have become slow', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  test('is served again, though the first slow starts count as hung', async () => {
    const { token, faults } = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => token.remove())
    const ended: string[] = []
    const observer = { ...silentObserver, agentEnded: (why: string) => void ended.push(why) }
    const began = performance.now()
    const hsm = await openTestHsm(token, { agents: 1, observer })
    opened.push(() => hsm.close())
    const usualMs = Math.min(15_000, Math.max(3_000, 10 * (performance.now() - began)))
    faults.inject(
      { function: 'C_Initialize' },
      { delayMicroseconds: Math.round(1.3 * usualMs * 1000) },
    )
    const [pid = 0] = agentPids()
    process.kill(pid, 'SIGKILL')
    const limit = performance.now() + 10 * usualMs
    while (!ended.includes('crashed') || !hsm.status().ready) {
      expect(performance.now()).toBeLessThan(limit)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(ended.slice(0, 2)).toEqual(['crashed', 'hung'])
    expect(ended.length).toBeLessThanOrEqual(3)
    expect(await hsm.random(8)).toHaveLength(8)
  }, 180_000)
})
