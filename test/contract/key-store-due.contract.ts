import { describe, expect, test } from '@jest/globals'
import type { Cmk } from '../../src/core/cmk.js'
import type { KeyId } from '../../src/core/ids.js'
import { insertCmk, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

/** How every key store hands out the work that is due. */
export function keyStoreDueContract(kind: DatabaseKind): void {
  describe('due work of the key store', () => {
    const { first, second } = twoReplicas(kind)

    function dueCmk(deletionAt: number): Cmk {
      return sampleCmk({ state: '4', deletionAt })
    }

    /** Ends the work of a claimed CMK, so that it is due no more. */
    async function finish(cmk: Cmk): Promise<void> {
      await second().keys.replace({ ...cmk, state: '3', deletionAt: undefined })
    }

    test('is taken when it is due, longest due first, up to the limit', async () => {
      const cmks = [30, 10, 20, 41].map(dueCmk)
      for (const cmk of [...cmks, sampleCmk()]) await insertCmk(first().keys, cmk)
      const [third, oldest, next] = cmks
      const claimed = await second().keys.claimDue({ now: 40, until: 100, limit: 2 })
      expect(claimed).toStrictEqual([oldest, next])
      const rest = await first().keys.claimDue({ now: 40, until: 100, limit: 10 })
      expect(rest).toStrictEqual([third])
      expect(await second().keys.claimDue({ now: 40, until: 100, limit: 10 })).toStrictEqual([])
      const later = await second().keys.claimDue({ now: 41, until: 100, limit: 10 })
      for (const cmk of [...claimed, ...rest, ...later]) await finish(cmk)
      expect(await first().keys.claimDue({ now: 1000, until: 1001, limit: 10 })).toStrictEqual([])
    })

    test('comes back when a claim has lapsed, or when the key was written and is due still', async () => {
      const cmk = dueCmk(10)
      await insertCmk(first().keys, cmk)
      expect(await first().keys.claimDue({ now: 10, until: 20, limit: 1 })).toStrictEqual([cmk])
      expect(await second().keys.claimDue({ now: 19, until: 29, limit: 1 })).toStrictEqual([])
      expect(await second().keys.claimDue({ now: 20, until: 30, limit: 1 })).toStrictEqual([cmk])
      await first().keys.replace({ ...cmk, description: 'failed once' })
      const again = await first().keys.claimDue({ now: 21, until: 31, limit: 1 })
      expect(again.map(({ revision }) => revision)).toStrictEqual([2])
      await finish({ ...cmk, revision: 2 })
    })

    test('follows what the key says: rotation, the end of material, destruction', async () => {
      const rotation = { enabled: true, intervalDays: 30, lastAt: undefined, nextAt: 5, count: 0 }
      const cmk = sampleCmk({ rotation })
      await insertCmk(first().keys, cmk)
      expect(await claimAt(4)).toStrictEqual([])
      expect(await claimAt(5)).toStrictEqual([cmk.id])
      await first().keys.replace({ ...cmk, rotation: { ...rotation, nextAt: 50 } })
      expect(await claimAt(49)).toStrictEqual([])
      await first().keys.replace({ ...cmk, materialExpiresAt: 7, revision: 2 })
      expect(await claimAt(7)).toStrictEqual([cmk.id])
      await first().keys.replace({ ...cmk, destroyedAt: 60, revision: 3 })
      expect(await claimAt(59)).toStrictEqual([])
      expect(await claimAt(60)).toStrictEqual([cmk.id])
      await first().keys.replace({ ...cmk, destroyedAt: 60, materialGone: true, revision: 4 })
      expect(await claimAt(1_000_000)).toStrictEqual([])
    })

    async function claimAt(now: number): Promise<readonly KeyId[]> {
      const claimed = await second().keys.claimDue({ now, until: now + 1, limit: 10 })
      return claimed.map(({ id }) => id)
    }

    test('goes to one of two replicas that ask at once', async () => {
      const cmks = Array.from({ length: 40 }, () => dueCmk(1))
      for (const cmk of cmks) await insertCmk(first().keys, cmk)
      const claims = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? first() : second()).keys.claimDue({ now: 1, until: 2, limit: 5 }),
        ),
      )
      expect(claims.every((claim) => claim.length <= 5)).toBe(true)
      const ids = claims.flat().map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      // A claim may come back short while another one is at work; nothing is lost by that.
      const rest = await first().keys.claimDue({ now: 1, until: 2, limit: 100 })
      expect(ids.length + rest.length).toBe(40)
    })
  })
}
