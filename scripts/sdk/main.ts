/*
 * node dist/scripts/sdk/main.js [SDK]...
 *
 * Has the official SDKs, unmodified, call every operation that they know, each against a service of its own. An SDK
 * whose language or registry is absent is skipped with the reason. The last line is `N passed, N failed`.
 */
import { softHsmModule } from '../../test/support/softhsm-token.js'
import { type Tally, tallyOfOutput, total } from '../test/tally.js'
import { goSdk } from './go.js'
import { pythonSdk } from './python.js'
import { interruption, stream } from './command.js'
import { type Sdk, Unavailable } from './sdk.js'
import { withService } from './service.js'

const SDKS: readonly Sdk[] = [pythonSdk, goSdk]

const wanted = process.argv.slice(2)
const tallies: Tally[] = []
for (const sdk of SDKS) {
  if (wanted.length === 0 || wanted.includes(sdk.name)) tallies.push(await runSdk(sdk))
}
const { passed, failed, skips } = total(tallies)
process.exitCode = failed === 0 && !interruption.aborted ? 0 : 1
const skipped = skips.length > 0 ? `, ${skips.length} skipped` : ''
process.stdout.write(`${passed} passed, ${failed} failed${skipped}\n`)

async function runSdk(sdk: Sdk): Promise<Tally> {
  try {
    if (softHsmModule() === undefined) throw new Unavailable('SoftHSM is not installed.')
    const program = await sdk.prepare()
    return await withService(async (settings) => {
      const { exitCode, output } = await stream(sdk.name, [...program, settings])
      return tallyOfOutput(sdk.name, exitCode, output)
    })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (!(error instanceof Unavailable)) return failure(sdk, error)
    process.stdout.write(`${sdk.name} | skipped: ${error.message}\n`)
    return { passed: 0, failed: 0, skips: [sdk.name] }
  }
}

function failure(sdk: Sdk, error: Error): Tally {
  process.stdout.write(`${sdk.name} | FAILED: ${error.message}\n`)
  return { passed: 0, failed: 1, skips: [] }
}
