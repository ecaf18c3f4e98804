import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { FunctionFigure, HsmObserver } from '../../src/core/hsm-observer.js'
import { newKeyId } from '../../src/core/ids.js'
import { CKR } from '../../src/hsm/return-values.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'figures of faults, on SoftHSM behind the injector', () => {
  let token: TestToken
  let injector: FaultInjector
  let hsm: Hsm
  let faults: string[] = []
  let figures: FunctionFigure[] = []
  const key = { keyId: newKeyId(), version: 1 }

  const observer: HsmObserver = {
    ...silentObserver,
    fault: (kind, call) => void faults.push(`${kind} ${call ?? 'none'}`),
    functions: (told) => void figures.push(...told),
  }

  beforeAll(async () => {
    const around = FaultInjector.around(await openSoftHsmToken())
    token = around.token
    injector = around.faults
    hsm = await openTestHsm(token, { agents: 1, timeoutMs: 1000, observer })
    await hsm.generateKey({ key, kind: 'binding', label: 'a' })
  }, 60_000)
  beforeEach(() => {
    faults = []
    figures = []
  })
  afterEach(async () => {
    injector.clear()
    await until(() => hsm.status().ready)
  })
  afterAll(async () => {
    await hsm.close()
    await token.remove()
  })

  function mac() {
    return hsm.mac({ key, hash: 'sha256', message: Buffer.from('m') })
  }

  test.each([
    ['request', 'C_SignInit', CKR.MECHANISM_INVALID],
    ['session', 'C_Sign', CKR.SESSION_HANDLE_INVALID],
    ['library', 'C_Sign', CKR.DEVICE_ERROR],
  ])('a fault that costs the %s is told with its function', async (kind, name, rv) => {
    const fault = injector.inject({ function: name, count: 1 }, { returnValue: rv })
    await mac().catch((error: unknown) => expect(error).toBeInstanceOf(HsmError))
    await until(() => faults.length > 0)
    expect(fault.hits()).toBe(1)
    expect(faults).toEqual([`${kind} ${name}`])
    await pause(300)
    await mac()
    // Also where the agent ends with it.
    const failed = figures.filter((one) => one.name === name && one.failed > 0)
    expect(failed).toMatchObject([{ name, failed: 1 }])
  })

  test.each([
    ['hangs', { hang: 'for-ever' }],
    ['crashes', { kill: 'SIGSEGV' }],
  ] as const)('an agent that %s costs the library, and no function is known', async (_, action) => {
    const before = agentPids()
    injector.inject({ function: 'C_Sign', count: 1 }, action)
    await mac().catch((error: unknown) => expect(error).toBeInstanceOf(HsmError))
    await until(() => faults.length > 0)
    expect(faults).toEqual(['library none'])
    await until(() => agentPids().length === 1 && agentPids()[0] !== before[0])
  })

  test('the figures are those that the library counts', async () => {
    await pause(300)
    await mac()
    figures = []
    const before = injector.calls('C_Sign')
    injector.inject({ function: 'C_Sign' }, { delayMicroseconds: 2000 })
    for (let index = 0; index < 50; index++) await mac()
    await pause(300)
    await mac()
    const signed = figures.filter(({ name }) => name === 'C_Sign')
    const [calls, ms] = [sum(signed.map((one) => one.calls)), sum(signed.map((one) => one.ms))]
    expect(calls).toBe(injector.calls('C_Sign') - before)
    expect(ms / calls).toBeGreaterThan(2)
  })
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
