import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'
import { lookIfThere } from '../../src/hsm/agent/found-objects.js'
import { TokenError } from '../../src/hsm/agent/pkcs11-error.js'
import type { OpenSession } from '../../src/hsm/agent/session.js'
import { CKR, classify } from '../../src/hsm/return-values.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

/* A token whose store several processes write, each with a library of its own, as Kryoptic 1.5.4 does it. */

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()
const CONTENDED = { returnValue: CKR.DEVICE_MEMORY }

describeUnless(
  reason,
  'a store that another process is writing, on SoftHSM behind the injector',
  () => {
    let token: TestToken
    let faults: FaultInjector
    let lost: string[] = []
    const opened: Hsm[] = []

    beforeAll(async () => {
      const around = FaultInjector.around(await openSoftHsmToken())
      token = around.token
      faults = around.faults
    }, 60_000)
    afterEach(async () => {
      faults.clear()
      lost = []
      for (const hsm of opened.splice(0)) {
        await until(() => hsm.status().ready)
        await hsm.close()
      }
    })
    afterAll(() => token.remove())

    async function open(contentionErrors: readonly 'CKR_DEVICE_MEMORY'[]): Promise<Hsm> {
      const hsm = await openTestHsm(token, {
        agents: 1,
        observer: { ...silentObserver, fault: (kind, call) => void lost.push(`${kind} ${call}`) },
        changeProfile: (profile) => ({ ...profile, contentionErrors: [...contentionErrors] }),
      })
      opened.push(hsm)
      return hsm
    }

    test('is asked again, where the profile names what it says', async () => {
      const hsm = await open(['CKR_DEVICE_MEMORY'])
      const made = faults.inject({ function: 'C_GenerateKey', count: 3 }, CONTENDED)
      const key = await generated(hsm)
      const gone = faults.inject({ function: 'C_DestroyObject', count: 2 }, CONTENDED)
      await hsm.destroyKey(key)
      expect([made.hits(), gone.hits(), lost]).toEqual([3, 2, []])
      expect(await hsm.inspectKeys()).toEqual([])
    })

    test('is given up after two seconds', async () => {
      const hsm = await open(['CKR_DEVICE_MEMORY'])
      faults.inject({ function: 'C_GenerateKey' }, CONTENDED)
      const began = performance.now()
      await expect(generated(hsm)).rejects.toMatchObject({
        failure: 'unavailable',
        rv: CKR.DEVICE_MEMORY,
      })
      expect(performance.now() - began).toBeGreaterThan(1500)
      expect(lost).toEqual(['session C_GenerateKey'])
    })

    test('is not asked again on any other token', async () => {
      const hsm = await open([])
      const fault = faults.inject({ function: 'C_GenerateKey', count: 1 }, CONTENDED)
      await expect(generated(hsm)).rejects.toThrow(HsmError)
      expect([fault.hits(), lost]).toEqual([1, ['session C_GenerateKey']])
    })

    test('does not keep a key of which the token says that it destroyed it', async () => {
      const hsm = await open([])
      const key = await generated(hsm)
      const fault = faults.inject({ function: 'C_DestroyObject', count: 1 }, { returnValue: 0 })
      await hsm.destroyKey(key)
      expect([fault.hits(), await hsm.inspectKeys()]).toEqual([1, []])
    })

    test('is not believed to have destroyed a key that stays', async () => {
      const hsm = await open([])
      const key = await generated(hsm)
      const fault = faults.inject({ function: 'C_DestroyObject' }, { returnValue: 0 })
      await expect(hsm.destroyKey(key)).rejects.toMatchObject({ failure: 'unavailable' })
      fault.remove()
      await hsm.destroyKey(key)
    })
  },
)

describe('an object that a search found', () => {
  const [object, other] = [Buffer.of(1), Buffer.of(2)]

  test('is looked at', () => {
    expect(lookIfThere(sessionWith([object]), object, () => 7)).toBe(7)
  })

  test.each([
    ['a stale handle', CKR.OBJECT_HANDLE_INVALID, [object]],
    ['a general error, and it is found no more', CKR.GENERAL_ERROR, [other]],
  ])('is gone by %s', (_, rv, listed) => {
    expect(lookIfThere<number>(sessionWith(listed), object, () => fail(rv))).toBeUndefined()
  })

  test.each([
    ['a general error while it is there', CKR.GENERAL_ERROR, [other, object]],
    ['a lost device', CKR.DEVICE_ERROR, [other]],
    ['an attribute that it has not', CKR.ATTRIBUTE_TYPE_INVALID, [other]],
    ['a mistake before the token was reached', 0, [other]],
  ])('is not gone by %s', (_, rv, listed) => {
    expect(() => {
      lookIfThere(sessionWith(listed), object, () => fail(rv))
    }).toThrow(TokenError)
  })
})

async function generated(hsm: Hsm): Promise<KeyRef> {
  const key = { keyId: newKeyId(), version: 1 }
  await hsm.generateKey({ key, kind: 'wrapping', label: 'shared store' })
  return key
}

/** A session in which a search finds some objects. */
function sessionWith(listed: readonly Buffer[]): OpenSession {
  let batches = [listed, []]
  const lib = {
    C_FindObjectsInit: () => undefined,
    C_FindObjects: () => {
      const [batch = [], ...rest] = batches
      batches = rest
      return batch
    },
    C_FindObjectsFinal: () => undefined,
  }
  // No other function is called.
  return { lib, handle: Buffer.of(0), slot: Buffer.of(0) } as unknown as OpenSession
}

function fail(rv: number): never {
  const { radius } = classify(rv)
  const origin = { call: 'C_GetAttributeValue', rv, radius }
  throw new TokenError('unavailable', 'C_GetAttributeValue returned an error.', origin)
}
