/*
 * node dist/scripts/test/run.js [JEST-ARGUMENT]...
 *
 * Runs every check from the repository's root. The last line on stdout is `N passed, N failed` of the whole run; the
 * exit code is 0 only if nothing failed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tallyOfJest } from './jest-tally.js'
import { endOnSignals, runProgram } from './program.js'
import { provideSystemPackages } from './system-packages.js'
import { type Tally, tallyOfCheck, tallyOfOutput, total } from './tally.js'

/** Scripts of package.json that pass or fail as a whole. */
const CHECKS = ['lint', 'format'] as const
/** Scripts of package.json that count what they check. */
const COUNTED = ['test:sdk', 'test:fuzz', 'test:compose'] as const

endOnSignals()
await provideSystemPackages()
const tallies: Tally[] = []
for (const check of CHECKS) tallies.push(await step(check, () => runCheck(check)))
tallies.push(await step('jest', () => runJest(process.argv.slice(2))))
for (const script of COUNTED) tallies.push(await step(script, () => runCounted(script)))

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

async function runJest(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'kms-jest-'))
  try {
    const report = join(folder, 'report.json')
    const options = ['--ci', '--json', `--outputFile=${report}`, ...args]
    const { exitCode } = await runProgram('jest', [
      'npm',
      'run',
      '--silent',
      'jest',
      '--',
      ...options,
    ])
    return tallyOfJest(exitCode, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runCounted(script: string): Promise<Tally> {
  const name = script.replace('test:', '')
  const { exitCode, output } = await runProgram(name, ['npm', 'run', '--silent', script])
  return tallyOfOutput(script, exitCode, output)
}
