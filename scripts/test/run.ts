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

/** Profile of the token that the suites of the service run on besides SoftHSM. */
const SECOND_TOKEN = 'nss-softokn'

type Step = () => Promise<Tally>

endOnSignals()
await provideSystemPackages()
// Steps of which each keeps one processor busy run beside each other. Those that look at the clock run alone.
const tallies: readonly Tally[] = [
  ...(await beside(
    [check('lint'), counted('test:fuzz'), counted('test:sdk')],
    [check('format'), counted('test:compose')],
  )),
  await step('jest', () => runJest('jest', process.argv.slice(2))),
  await step(`jest on ${SECOND_TOKEN}`, runOnSecondToken),
  await counted('test:faults', '--short')(),
  await counted('soak', '--short')(),
]

const { passed, failed, skips } = total(tallies)
for (const skip of skips) process.stdout.write(`skipped | ${skip}\n`)
process.exitCode = failed === 0 ? 0 : 1
process.stdout.write(`${passed} passed, ${failed} failed\n`)

/** Runs lanes of steps: each lane one step after the other, and the lanes beside each other. */
async function beside(...lanes: readonly (readonly Step[])[]): Promise<readonly Tally[]> {
  const all = await Promise.all(
    lanes.map(async (lane) => {
      const own: Tally[] = []
      for (const run of lane) own.push(await run())
      return own
    }),
  )
  return all.flat()
}

async function step(name: string, run: Step): Promise<Tally> {
  process.stdout.write(`${name} ...\n`)
  const began = performance.now()
  const tally = await run()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(`${name}: ${tally.failed === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`)
  return tally
}

/** A script of package.json that passes or fails as a whole. */
function check(script: string): Step {
  return () =>
    step(script, async () => {
      const { exitCode } = await runProgram(script, ['npm', 'run', '--silent', script])
      return tallyOfCheck(exitCode)
    })
}

/** A script of package.json that counts what it checks. */
function counted(script: string, ...args: readonly string[]): Step {
  return () =>
    step(script, async () => {
      const name = script.replace('test:', '')
      const command = ['npm', 'run', '--silent', script, '--', ...args]
      const { exitCode, output } = await runProgram(name, command)
      return tallyOfOutput(script, exitCode, output)
    })
}

/** The suites of the service once more, on a token whose numbers, limits and return values differ. */
function runOnSecondToken(): Promise<Tally> {
  return nssModule() === undefined
    ? Promise.resolve({ passed: 0, failed: 0, skips: ['NSS softokn is not installed'] })
    : runOnToken(SECOND_TOKEN, THROUGH_THE_SERVICE)
}
