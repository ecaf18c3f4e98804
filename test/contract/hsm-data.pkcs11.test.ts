import { describeUnless } from '../support/describe-unless.js'
import { nssModule, openNssToken } from '../support/nss-token.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'
import { type CountedHsm, hsmDataSuite } from './hsm-data.suite.js'

describeUnless(
  softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined,
  'a real token',
  () => hsmDataSuite('SoftHSM', () => open(openSoftHsmToken)),
)

describeUnless(
  nssModule() === undefined ? 'NSS softokn is not installed' : undefined,
  'a second real token',
  // NSS softokn 3.87 lets an imported private key do everything, and takes no elliptic one without its public half.
  () => hsmDataSuite('NSS softokn', () => open(openNssToken), { importsPairs: false }),
)

async function open(openToken: () => Promise<TestToken>): Promise<CountedHsm> {
  const token = await openToken()
  let ended = 0
  const observer = { ...silentObserver, agentEnded: () => ended++ }
  const hsm = await openTestHsm(token, { observer })
  return {
    hsm,
    agentsEnded: () => ended,
    async close() {
      await hsm.close()
      await token.remove()
    },
  }
}
