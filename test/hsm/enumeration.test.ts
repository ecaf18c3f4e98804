import { afterEach, expect, test } from '@jest/globals'
import type { Hsm } from '../../src/core/hsm.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'
import { CKR } from '../../src/hsm/return-values.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { faultyStand, whyNoStand } from '../support/fault-injector/faulty-stand.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'

const KEYS = 60
/** What a look at an object takes: all of them together take longer than a service may be away. */
const LOOK_MS = 20

describeUnless(whyNoStand, 'the keys of a token whose session is lost', () => {
  let hsm: Hsm | undefined
  // Before that of the stand, which removes the token.
  afterEach(() => hsm?.close())
  const stand = faultyStand()

  async function open({ sessions }: { readonly sessions: number }) {
    const { token, faults } = stand
    const own = await openTestHsm(token, { agents: 1, sessions })
    hsm = own
    await until(() => faults.processes()[0]?.openSessions === sessions)
    // A fresh token has no key to look at.
    const proving = faults.calls('C_GetAttributeValue')
    const binding = { key: fresh(), before: Buffer.from('before'), after: Buffer.from('after') }
    await own.generateKey({ key: binding.key, kind: 'binding', label: 'test binding' })
    const keys = Array.from({ length: KEYS }, fresh)
    for (const key of keys) await own.generateKey({ key, kind: 'wrapping', label: 'test key' })
    const [first = fresh()] = keys
    return {
      faults,
      proving,
      keys,
      first,
      wrap: (key: KeyRef) => own.wrap({ key, secret: Buffer.alloc(32, 1), binding }),
      /** Loses the session in a call, which is repeated. */
      lose: async () => {
        faults.inject({ function: 'C_WrapKey', count: 1 }, { returnValue: CKR.SESSION_CLOSED })
        await own.wrap({ key: first, secret: Buffer.alloc(32, 1), binding })
      },
    }
  }

  test('are learned between calls: no call waits for all of them, and none is searched for long', async () => {
    const { faults, proving, keys, first, wrap, lose } = await open({ sessions: 1 })
    const before = faults.calls('C_GetAttributeValue')
    const slow = faults.inject(
      { function: 'C_GetAttributeValue' },
      { delayMicroseconds: 1000 * LOOK_MS },
    )
    await lose()
    const looks = faults.calls('C_GetAttributeValue') - before - proving
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThan(KEYS)
    // A look for each call, since one takes longer than the time between them.
    for (let call = 0; call < KEYS; call++) await wrap(first)
    slow.remove()
    const searches = faults.calls('C_FindObjectsInit')
    for (const key of keys) await wrap(key)
    expect(faults.calls('C_FindObjectsInit')).toBe(searches)
  })

  test('are searched one by one where each session has a thread', async () => {
    const { faults, keys, wrap, lose } = await open({ sessions: 2 })
    const before = faults.calls('C_GetAttributeValue')
    await lose()
    expect(faults.calls('C_GetAttributeValue') - before).toBeLessThan(10)
    for (const key of keys) await wrap(key)
    expect(faults.processes()).toHaveLength(1)
  })
})

function fresh(): KeyRef {
  return { keyId: newKeyId(), version: 1 }
}
