import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tallyOfJest } from './jest-tally.js'
import { runProgram } from './program.js'
import type { Tally } from './tally.js'

/**
 * Runs jest and counts what it did. Its output stands behind `name`; `variables` are set for it, in the form NAME=value.
 */
export async function runJest(
  name: string,
  args: readonly string[],
  variables: readonly string[] = [],
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'kms-jest-'))
  try {
    const report = join(folder, 'report.json')
    const jest = [
      'npm',
      'run',
      '--silent',
      'jest',
      '--',
      '--ci',
      '--json',
      `--outputFile=${report}`,
    ]
    const { exitCode } = await runProgram(name, ['env', ...variables, ...jest, ...args])
    return tallyOfJest(exitCode, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
