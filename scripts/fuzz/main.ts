/*
 * node dist/scripts/fuzz/main.js [--long] [SCHEMATHESIS-OPTION]...
 *
 * Has Schemathesis send generated requests, signed, to every operation of the OpenAPI document of a service of its own:
 * no answer may be a 5xx, have a status that the document does not know, or differ from its schema. Skipped, with the
 * reason, where Python or its registry is absent. The last line is `N passed, N failed`, one for each operation.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { softHsmModule } from '../../test/support/softhsm-token.js'
import { interruption, stream } from '../sdk/command.js'
import { Unavailable } from '../sdk/sdk.js'
import { withService } from '../sdk/service.js'
import { virtualEnvironment } from '../sdk/virtual-environment.js'

const HOOKS = fileURLToPath(new URL('../../../scripts/fuzz/python', import.meta.url))

const [first, ...others] = process.argv.slice(2)
const long = first === '--long'
const options = long || first === undefined ? others : [first, ...others]

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Error)) throw error
  const skipped = error instanceof Unavailable
  process.stdout.write(`fuzz | ${skipped ? 'skipped' : 'FAILED'}: ${error.message}\n`)
  process.stdout.write(skipped ? '0 passed, 0 failed, 1 skipped\n' : '0 passed, 1 failed\n')
  process.exitCode = skipped ? 0 : 1
}

async function main(): Promise<number> {
  if (softHsmModule() === undefined) throw new Unavailable('SoftHSM is not installed.')
  const python = await virtualEnvironment('fuzz', join(HOOKS, 'requirements.txt'))
  // The last line of the program is the tally.
  const { exitCode, output } = await withService((settings) =>
    stream('fuzz', [
      python,
      '-B',
      join(HOOKS, 'main.py'),
      settings,
      ...(long ? ['--long'] : []),
      ...options,
    ]),
  )
  const tally = output.trimEnd().split('\n').at(-1) ?? ''
  process.stdout.write(
    /^\d+ passed, \d+ failed$/.test(tally) ? `${tally}\n` : '0 passed, 1 failed\n',
  )
  return interruption.aborted ? 1 : exitCode
}
