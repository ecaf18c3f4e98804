import { createMemoryHsm } from '../support/memory-hsm.js'
import { hsmDataSuite } from './hsm-data.suite.js'

hsmDataSuite('memory', () => {
  const hsm = createMemoryHsm()
  return Promise.resolve({ hsm, close: () => hsm.close(), agentsEnded: () => 0 })
})

hsmDataSuite('memory, one hash and no wrapped pairs', () => {
  const hsm = createMemoryHsm({ limits: { oaepHashes: ['sha1'], maxPairBytes: 0 } })
  return Promise.resolve({ hsm, close: () => hsm.close(), agentsEnded: () => 0 })
})
