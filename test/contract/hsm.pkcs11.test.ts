import { loadProfile } from '../../src/hsm/profile.js'
import { missing, underTest } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import type { TestToken } from '../support/test-token.js'
import { hsmContract } from './hsm.contract.js'
import type { OpenedHsm } from './token-under-test.js'

for (const kind of underTest) {
  const { keyWrap, reportsLocal, enforcesExtractable } = loadProfile(kind.name)
  describeUnless(missing(kind), `a real token, ${kind.name}`, () => {
    hsmContract(kind.name, () => open(kind.open), {
      everyLength: true,
      generated: keyWrap.oddLengths === 'exact' ? 'exact' : 'padded',
      reportsLocal,
      refusesAttempts: enforcesExtractable,
    })
  })
}

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
