import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { Value } from 'typebox/value'
import { Report } from '../../scripts/bench/report.js'
import { startBench } from './bench-process.js'

const BRIEF = ['--quick', '--seconds', '0.3', '--warm-up', '0.2']

/** Runs the bench for a short time in a folder, and expects that it leaves there a report and nothing else. */
export async function runBench(folder: string, options: readonly string[]) {
  const temporary = join(folder, 'temporary')
  const json = join(folder, 'made', 'report.json')
  await mkdir(temporary)
  const { exitCode, out, err } = await startBench([...BRIEF, ...options, '--json', json], temporary)
    .ended
  if (exitCode !== 0) throw new Error(err)
  const report: unknown = JSON.parse(await readFile(json, 'utf8'))
  expect([...Value.Errors(Report, report)]).toEqual([])
  if (!Value.Check(Report, report)) throw new Error('The report is not as described.')
  expect(await readdir(temporary)).toEqual([])
  return { report, out }
}
