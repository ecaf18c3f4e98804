/*
 * node dist/scripts/test/run.js [JEST-ARGUMENT]...
 *
 * Runs every check from the repository's root. The last line on stdout is `N passed, N failed` of the whole run; the
 * exit code is 0 only if nothing failed.
 */
import { nssModule } from '../../test/support/nss-token.js'
import { THROUGH_THE_SERVICE, runOnToken } from '../token/suites.js'
import { endOnSignals, runProgram } from './program.js'
import { runJest } from './run-jest.js'
import { provideSystemPackages } from './system-packages.js'
import { type Tally, tallyOfCheck, tallyOfOutput, total } from './tally.js'

/** Scripts of package.json that pass or fail as a whole. */
const CHECKS = ['lint', 'format'] as const
/** Scripts of package.json that count what they check. */
const COUNTED = [
  ['test:sdk'],
  ['test:fuzz'],
  ['test:faults', '--short'],
  ['soak', '--short'],
  ['test:compose'],
] as const

/** Profile of the token that the suites of the service run on besides SoftHSM. */
const SECOND_TOKEN = 'nss-softokn'

endOnSignals()
await provideSystemPackages()
const tallies: Tally[] = []
// Each keeps one processor busy, and minds nothing that happens beside it.
tallies.push(...(await Promise.all(CHECKS.map((check) => step(check, () => runCheck(check))))))
tallies.push(await step('jest', () => runJest('jest', process.argv.slice(2))))
tallies.push(await step(`jest on ${SECOND_TOKEN}`, runOnSecondToken))
for (const [script, ...args] of COUNTED) {
  tallies.push(await step(script, () => runCounted(script, args)))
}

const { passed, failed, skips } = total(tallies)
for (const skip of skips) process.stdout.write(`skipped | ${skip}\n`)
process.exitCode = failed === 0 ? 0 : 1
process.stdout.write(`${passed} passed, ${failed} failed\n`)

async function step(name: string, run: () => Promise<Tally>): Promise<Tally> {
  process.stdout.write(`${name} ...\n`)
  const began = performance.now()
  const tally = await run()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(`${name}: ${tally.failed === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  return tally
}

async function runCheck(script: string): Promise<Tally> {
  const { exitCode } = await runProgram(script, ['npm', 'run', '--silent', script])
  return tallyOfCheck(exitCode)
}

/** The suites of the service once more, on a token whose numbers, limits and return values differ. */
function runOnSecondToken(): Promise<Tally> {
  return nssModule() === undefined
    ? Promise.resolve({ passed: 0, failed: 0, skips: ['NSS softokn is not installed'] })
    : runOnToken(SECOND_TOKEN, THROUGH_THE_SERVICE)
}

async function runCounted(script: string, args: readonly string[]): Promise<Tally> {
  const name = script.replace('test:', '')
  const command = ['npm', 'run', '--silent', script, '--', ...args]
  const { exitCode, output } = await runProgram(name, command)
  return tallyOfOutput(script, exitCode, output)
}
