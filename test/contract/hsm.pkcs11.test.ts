import { describeUnless } from '../support/describe-unless.js'
import { nssModule, openNssToken } from '../support/nss-token.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'
import { hsmContract } from './hsm.contract.js'
import type { OpenedHsm } from './token-under-test.js'

function missing(module: string | undefined, what: string): string | undefined {
  return module === undefined ? `${what} is not installed` : undefined
}

describeUnless(missing(softHsmModule(), 'SoftHSM'), 'a real token', () => {
  hsmContract('SoftHSM', () => open(openSoftHsmToken), {
    everyLength: true,
    generated: 'padded',
    reportsLocal: true,
    refusesAttempts: true,
  })
})

describeUnless(missing(nssModule(), 'NSS softokn'), 'a second real token', () => {
  hsmContract('NSS softokn', () => open(openNssToken), {
    everyLength: true,
    generated: 'exact',
    reportsLocal: false,
    // NSS softokn 3.87 copies and wraps what it calls not extractable.
    refusesAttempts: false,
  })
})

async function open(openToken: () => Promise<TestToken>): Promise<OpenedHsm> {
  const token = await openToken()
  const hsm = await openTestHsm(token)
  return {
    hsm,
    async close() {
      await hsm.close()
      await token.remove()
    },
  }
}
