import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { SealedData } from '../../src/core/hsm-data.js'
import { newKeyId } from '../../src/core/ids.js'
import { CKR } from '../../src/hsm/return-values.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()
const UNWRAP = 'C_UnwrapKey'
const LOST = { returnValue: CKR.DEVICE_ERROR }
/** What is sent, the proof by own input, what is sent again: the first and the third. */
const SENT_ALONE = { function: UNWRAP, from: 1, every: 2, count: 2 }

/*
 * A token that says CKR_DEVICE_ERROR of what is sent alone was sent something bad; one that says so of all is lost. Whether
 * that is looked into is a fact of the profile.
 */
describeUnless(reason, 'CKR_DEVICE_ERROR, on SoftHSM behind the injector', () => {
  let token: TestToken
  let faults: FaultInjector
  let hsm: Hsm
  let ended: string[] = []
  let data: SealedData
  const key = { keyId: newKeyId(), version: 1 }
  const frame = { before: randomBytes(12), after: randomBytes(8) }
  const observer = { ...silentObserver, agentEnded: (why: string) => void ended.push(why) }

  async function open(inputErrors: readonly 'CKR_DEVICE_ERROR'[]): Promise<void> {
    const around = FaultInjector.around(await openSoftHsmToken())
    token = around.token
    faults = around.faults
    hsm = await openTestHsm(token, {
      agents: 1,
      timeoutMs: 4000,
      observer,
      changeProfile: (profile) => ({ ...profile, inputErrors: [...inputErrors] }),
    })
    await hsm.generateKey({ key, kind: 'wrapping', label: 'a' })
    data = await hsm.sealData({ key, plaintext: randomBytes(40), frame })
  }

  async function close(): Promise<void> {
    await hsm.close()
    await token.remove()
  }

  async function backAgain(): Promise<void> {
    faults.clear()
    await until(() => hsm.status().ready)
    ended = []
  }

  async function opening(): Promise<string> {
    try {
      await hsm.openData({ key, data, frame })
      return 'answered'
    } catch (error) {
      if (error instanceof HsmError) return error.failure
      throw error
    }
  }

  describe('of a token that says so of bad input as well', () => {
    beforeAll(() => open(['CKR_DEVICE_ERROR']), 60_000)
    afterEach(backAgain)
    afterAll(close)

    test('blames what is sent, where own input passes, and costs no agent', async () => {
      const fault = faults.inject(SENT_ALONE, LOST)
      expect([await opening(), fault.hits(), ended]).toEqual(['not-authentic', 2, []])
    })

    test('blames nobody, where what was sent passes the second time', async () => {
      faults.inject({ function: UNWRAP, count: 1 }, LOST)
      expect([await opening(), ended]).toEqual(['answered', []])
    })

    test('is a lost device where own input fails as well', async () => {
      faults.inject({ function: UNWRAP }, LOST)
      expect(await opening()).toBe('unavailable')
      expect(ended[0]).toBe('sick')
      await until(() => !hsm.status().ready)
      await backAgain()
      expect(await opening()).toBe('answered')
    })
  })

  describe('of any other token', () => {
    beforeAll(() => open([]), 60_000)
    afterEach(backAgain)
    afterAll(close)

    test('is a lost device, whatever was sent', async () => {
      const fault = faults.inject({ function: UNWRAP, count: 1 }, LOST)
      // Another agent serves the call.
      expect([await opening(), fault.hits(), ended]).toEqual(['answered', 1, ['sick']])
    })
  })
})
