import { describe, expect, test } from '@jest/globals'
import { newKeyId } from '../../src/core/ids.js'
import { DEFAULT_KEYSTORE } from '../../src/core/keystore.js'
import type { ServiceKey } from '../../src/core/service-key.js'
import { SOME_TIME } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** What every store of the service's own keys does. */
export function serviceKeyStoreContract(kind: DatabaseKind): void {
  describe('service-key store', () => {
    const { first, second } = twoReplicas(kind)

    test('takes one key of each purpose and generation, and lists them in order', async () => {
      const one = serviceKey('binding', 1)
      const others = [serviceKey('binding', 10), serviceKey('binding', 2)]
      const credential = serviceKey('credential', 1)
      for (const key of [credential, ...others, one]) {
        expect(await first().serviceKeys.insert(key)).toBe(true)
      }
      expect(await second().serviceKeys.insert(serviceKey('binding', 1))).toBe(false)
      const inOrder = [one, ...others.toReversed(), credential]
      expect(await second().serviceKeys.list(DEFAULT_KEYSTORE)).toStrictEqual(inOrder)
    })

    test('keeps the keystores apart', async () => {
      const [here, there] = ['here', 'there'].map((id) => serviceKey('binding', 1, id))
      if (!here || !there) throw new Error('There are two keystores.')
      for (const key of [here, there]) expect(await first().serviceKeys.insert(key)).toBe(true)
      expect(await second().serviceKeys.insert(serviceKey('binding', 1, 'here'))).toBe(false)
      expect(await second().serviceKeys.list('here')).toStrictEqual([here])
      expect(await second().serviceKeys.list('there')).toStrictEqual([there])
      expect(await second().serviceKeys.list('nowhere')).toStrictEqual([])
      expect(await second().serviceKeys.list('nul\0')).toStrictEqual([])
    })

    test('lets one of many replicas be the first', async () => {
      const taken = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          (index % 2 ? first() : second()).serviceKeys.insert(serviceKey('credential', 7)),
        ),
      )
      expect(taken.filter(Boolean)).toHaveLength(1)
    })
  })
}

function serviceKey(
  purpose: ServiceKey['purpose'],
  generation: number,
  keystoreId = DEFAULT_KEYSTORE,
  home = 1,
): ServiceKey {
  return {
    keystoreId,
    purpose,
    key: { keyId: newKeyId(), version: generation },
    checkValue: new Uint8Array([generation, 0, 255]),
    home,
    createdAt: SOME_TIME + generation,
    retiredAt: undefined,
  }
}
