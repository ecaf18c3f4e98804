import { MEMORY_LIMITS } from '../support/memory-facts.js'
import { createMemoryHsm } from '../support/memory-hsm.js'
import { hsmContract } from './hsm.contract.js'
import type { OpenedHsm } from './token-under-test.js'

/** One token that makes the long RSA pairs is enough: they take their time. */
const QUICK = {
  algorithms: MEMORY_LIMITS.algorithms.filter((algorithm) => !/^rsa-[34]/.test(algorithm)),
}

for (const generated of ['exact', 'padded'] as const) {
  const limits = generated === 'exact' ? {} : QUICK
  hsmContract(
    `memory, generated secrets ${generated}`,
    () => Promise.resolve(open({ generated, limits })),
    { everyLength: true, generated, reportsLocal: true, refusesAttempts: true },
  )
}

hsmContract(
  'memory, short secrets only',
  () => Promise.resolve(open({ generated: 'exact', maxSecretBytes: 100, limits: QUICK })),
  { everyLength: true, generated: 'exact', reportsLocal: true, refusesAttempts: true },
)

function open(options: Parameters<typeof createMemoryHsm>[0]): OpenedHsm {
  const hsm = createMemoryHsm(options)
  return { hsm, close: () => hsm.close() }
}
