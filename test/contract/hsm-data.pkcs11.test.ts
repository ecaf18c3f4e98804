import { loadProfile } from '../../src/hsm/profile.js'
import { missing, underTest } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import type { TestToken } from '../support/test-token.js'
import { type CountedHsm, hsmDataSuite } from './hsm-data.suite.js'

for (const kind of underTest) {
  const { imports, reportsImportHistory: tellsHistory = true } = loadProfile(kind.name)
  const importsPairs = imports.includes('pairs')
  describeUnless(missing(kind), `a real token, ${kind.name}`, () =>
    hsmDataSuite(kind.name, () => open(kind.open), { importsPairs, tellsHistory }),
  )
}

async function open(openToken: () => Promise<TestToken>): Promise<CountedHsm> {
  const token = await openToken()
  let ended = 0
  const observer = {
    ...silentObserver,
    // One that did not find a key serves until another is ready to.
    agentEnded: (why: string) => {
      if (why !== 'doubted') ended++
    },
  }
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
