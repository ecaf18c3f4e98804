import { createMemoryHsm } from '../support/memory-hsm.js'
import { hsmContract } from './hsm.contract.js'
import type { OpenedHsm } from './token-under-test.js'

for (const generated of ['exact', 'padded'] as const) {
  hsmContract(
    `memory, generated secrets ${generated}`,
    () => Promise.resolve(open({ generated })),
    { everyLength: true, generated, reportsLocal: true, refusesAttempts: true },
  )
}

hsmContract(
  'memory, short secrets only',
  () => Promise.resolve(open({ generated: 'exact', maxSecretBytes: 100 })),
  { everyLength: true, generated: 'exact', reportsLocal: true, refusesAttempts: true },
)

function open(options: Parameters<typeof createMemoryHsm>[0]): OpenedHsm {
  const hsm = createMemoryHsm(options)
  return { hsm, close: () => hsm.close() }
}
