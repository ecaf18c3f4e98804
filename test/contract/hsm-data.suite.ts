import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals'
import { hsmDataContract } from './hsm-data.contract.js'
import { hsmImportContract } from './hsm-import.contract.js'
import { hsmNoPairImportContract, hsmPairImportContract } from './hsm-pair-import.contract.js'
import { hsmOaepContract } from './hsm-oaep.contract.js'
import { hsmRewrappingContract } from './hsm-rewrapping.contract.js'
import { type OpenedHsm, TokenUnderTest } from './token-under-test.js'

/** An opened HSM that counts the agents that ended since: none may, whatever is sent. */
export interface CountedHsm extends OpenedHsm {
  agentsEnded(): number
}

/** What differs from token to token and is no fault. */
export interface ImportFacts {
  /** Whether private keys can be unwrapped that keep to their use. */
  readonly importsPairs: boolean
  /** Whether an imported key has the attributes that say where it was before. */
  readonly tellsHistory: boolean
}

/** The part of the Hsm port that takes in what nobody vouches for: texts, ciphertexts, key material. */
export function hsmDataSuite(
  name: string,
  open: () => Promise<CountedHsm>,
  facts: ImportFacts = { importsPairs: true, tellsHistory: true },
): void {
  describe(`Hsm port, data and imports: ${name}`, () => {
    let opened: CountedHsm | undefined
    const token = new TokenUnderTest(async () => (opened = await open()))
    beforeAll(() => token.open())
    afterAll(() => token.close())
    // Whoever could end an agent with what he sends could end them all.
    afterEach(() => expect(opened?.agentsEnded()).toBe(0))

    hsmDataContract(token)
    hsmRewrappingContract(token)
    hsmOaepContract(token)
    hsmImportContract(token, facts)
    if (facts.importsPairs) hsmPairImportContract(token)
    else hsmNoPairImportContract(token)
  })
}
