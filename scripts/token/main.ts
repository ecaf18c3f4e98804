/*
 * node dist/scripts/token/main.js nss-softokn | kryoptic [JEST-ARGUMENT]...
 *
 * Runs every suite that touches a token on another one than SoftHSM. What it cannot do is skipped for the reason that its
 * profile gives. The last line on stdout is `N passed, N failed, N skipped`.
 */
import { endOnSignals } from '../test/program.js'
import { nssModule } from '../../test/support/nss-token.js'
import { NotBuilt, buildKryoptic } from './build-kryoptic.js'
import { OF_THE_TOKEN, THROUGH_THE_SERVICE, runOnToken } from './suites.js'

endOnSignals()
const [name = '', ...args] = process.argv.slice(2)
const variables = variablesOf(name)
if (variables === undefined) {
  process.stdout.write('0 passed, 1 failed\n')
  process.exit(1)
}
const suites = args.length === 0 ? [...THROUGH_THE_SERVICE, ...OF_THE_TOKEN] : args
const tally = await runOnToken(name, suites, variables)
for (const skip of tally.skips) process.stdout.write(`skipped | ${skip}\n`)
process.exitCode = tally.failed === 0 ? 0 : 1
process.stdout.write(
  `${tally.passed} passed, ${tally.failed} failed, ${tally.skips.length} skipped\n`,
)

/** What the run needs in its environment; nothing where the token cannot be had. */
function variablesOf(token: string): readonly string[] | undefined {
  if (token === 'nss-softokn') {
    return nssModule() === undefined ? none('NSS softokn is not installed (libnss3).') : []
  }
  if (token === 'kryoptic') {
    try {
      return [`KMS_TEST_KRYOPTIC=${process.env['KMS_TEST_KRYOPTIC'] ?? buildKryoptic()}`]
    } catch (error) {
      if (error instanceof NotBuilt) return none(error.message)
      throw error
    }
  }
  return none('npm run test:token -- nss-softokn | kryoptic [JEST-ARGUMENT]...')
}

function none(why: string): readonly string[] | undefined {
  process.stderr.write(`${why}\n`)
  return undefined
}
