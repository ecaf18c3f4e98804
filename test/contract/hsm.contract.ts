import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hsmAgreementContract } from './hsm-agreement.contract.js'
import { hsmInspectionContract } from './hsm-inspection.contract.js'
import { hsmKeysContract } from './hsm-keys.contract.js'
import { hsmMacsContract } from './hsm-macs.contract.js'
import { hsmPairsContract } from './hsm-pairs.contract.js'
import { hsmSigningContract } from './hsm-signing.contract.js'
import { hsmTaggingContract } from './hsm-tagging.contract.js'
import { hsmWrappingContract } from './hsm-wrapping.contract.js'
import { type HsmFacts, type OpenedHsm, TokenUnderTest, failureOf } from './token-under-test.js'

/**
 * The definition of the Hsm port: what every HSM behind it does, whatever it is made of.
 *
 * `open` gives a token of its own, or one whose other keys may stay: the suite destroys only the keys that it makes.
 */
export function hsmContract(name: string, open: () => Promise<OpenedHsm>, facts: HsmFacts): void {
  describe(`Hsm port: ${name}`, () => {
    const token = new TokenUnderTest(open)
    beforeAll(() => token.open())
    afterAll(() => token.close())

    hsmWrappingContract(token, facts)
    hsmTaggingContract(token)
    hsmKeysContract(token)
    hsmInspectionContract(token, facts)
    hsmPairsContract(token, facts)
    hsmAgreementContract(token)
    hsmSigningContract(token)
    hsmMacsContract(token)

    test('random gives the bytes that were asked for, and never the same twice', async () => {
      const drawn = new Set<string>()
      for (const length of [1, 2, 7, 8, 16, 31, 32, 255, 256, 257, 512, 1023, 1024]) {
        const bytes = await token.hsm.random(length)
        expect(bytes).toHaveLength(length)
        // A chance repeat of 16 bytes or more does not happen; one of a few bytes does.
        if (length < 16) continue
        drawn.add(Buffer.from(bytes).toString('hex'))
        expect(new Set(bytes).size).toBeGreaterThan(1)
      }
      for (let draw = 0; draw < 20; draw++) {
        drawn.add(Buffer.from(await token.hsm.random(32)).toString('hex'))
      }
      expect(drawn.size).toBe(9 + 20)
    })

    test('is ready while it is open', () => {
      expect(token.hsm.status()).toEqual({ ready: true, reason: undefined })
    })

    test('is unavailable once it is closed, and says so', async () => {
      const another = await token.openAnother()
      await another.hsm.close()
      const { ready, reason } = another.hsm.status()
      expect(ready).toBe(false)
      expect(reason).toMatch(/./)
      expect(await failureOf(another.hsm.random(16))).toBe('unavailable')
      await another.close()
    })
  })
}
