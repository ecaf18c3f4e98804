import { expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tallyOfJest } from '../../scripts/test/jest-tally.js'
import { ONE_FAILURE, tallyOfCheck, tallyOfOutput, total } from '../../scripts/test/tally.js'
import { inNewFolder } from '../support/folder.js'

test('a check counts once, by its exit code', () => {
  expect(tallyOfCheck(0)).toEqual({ passed: 1, failed: 0, skips: [] })
  expect(tallyOfCheck(137)).toEqual(ONE_FAILURE)
})

test.each([
  ['a clean run', 0, 'up\n5 passed, 0 failed, 0 skipped\n', { passed: 5, failed: 0 }],
  ['failures', 1, '3 passed, 2 failed\n', { passed: 3, failed: 2 }],
  ['an exit code that its counts do not tell', 1, '3 passed, 0 failed\n', { passed: 3, failed: 1 }],
  ['a crash after counts', 139, '3 passed, 0 failed\nAborted\n', { passed: 0, failed: 1 }],
  ['a crash before any word', 1, '', { passed: 0, failed: 1 }],
  ['success without counts', 0, 'done\n', { passed: 0, failed: 1 }],
])('of an output, %s is counted', (_, exitCode, output, expected) => {
  expect(tallyOfOutput('step', exitCode, output)).toEqual({ ...expected, skips: [] })
})

test('what an output says was skipped is passed on', () => {
  expect(tallyOfOutput('step', 0, '0 passed, 0 failed, 1 skipped')).toEqual({
    passed: 0,
    failed: 0,
    skips: ['step: 1 skipped, for the reason printed above'],
  })
})

test('tallies are added up', () => {
  const one = { passed: 2, failed: 0, skips: ['a'] }
  const other = { passed: 1, failed: 3, skips: ['b'] }
  expect(total([one, other])).toEqual({ passed: 3, failed: 3, skips: ['a', 'b'] })
})

test.each([
  ['all is well', 0, { numPassedTests: 2 }, { passed: 2, failed: 0 }],
  [
    'a suite crashed',
    1,
    { numPassedTests: 2, numRuntimeErrorTestSuites: 1 },
    { passed: 2, failed: 1 },
  ],
  ['tests failed', 1, { numFailedTests: 2 }, { passed: 0, failed: 2 }],
  ['only the exit code is bad', 1, { numPassedTests: 2 }, { passed: 2, failed: 1 }],
  ['no test ran', 0, {}, { passed: 0, failed: 1 }],
])('of a jest report where %s, the counts are true', async (_, exitCode, counts, expected) => {
  await withReport(report(counts), (path) => {
    expect(tallyOfJest(exitCode, path)).toMatchObject(expected)
  })
})

test('a jest report that is missing or broken is one failure', async () => {
  expect(tallyOfJest(0, '/nowhere/report.json')).toEqual(ONE_FAILURE)
  await withReport('{"numPassedTests": 1', (path) => {
    expect(tallyOfJest(0, path)).toEqual(ONE_FAILURE)
  })
  await withReport({ numPassedTests: 1 }, (path) => {
    expect(tallyOfJest(0, path)).toEqual(ONE_FAILURE)
  })
})

test('skips are told with the title that carries the reason, of a suite once', async () => {
  const title = 'NSS [skipped: not installed]'
  const assertionResults = [
    { status: 'pending', title: 'one', ancestorTitles: [title] },
    { status: 'pending', title: 'two', ancestorTitles: [title] },
    { status: 'todo', title: 'alone', ancestorTitles: [] },
    { status: 'pending', title: 'curve [skipped: none]', ancestorTitles: ['signatures', 'by'] },
    { status: 'pending', title: 'silent', ancestorTitles: ['signatures'] },
    { status: 'passed', title: 'runs', ancestorTitles: [] },
  ]
  const name = join(process.cwd(), 'dist/a.test.js')
  const suites = { numPassedTests: 1, testResults: [{ name, assertionResults }] }
  await withReport(report(suites), (path) => {
    expect(tallyOfJest(0, path).skips).toEqual([
      `dist/a.test.js: ${title} (2 tests)`,
      'dist/a.test.js: alone',
      'dist/a.test.js: signatures > by > curve [skipped: none]',
      'dist/a.test.js: signatures > silent',
    ])
  })
})

function report(counts: object): object {
  const none = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }
  return { ...none, testResults: [], ...counts }
}

async function withReport(content: unknown, check: (path: string) => void): Promise<void> {
  await inNewFolder(async (folder) => {
    const path = join(folder, 'report.json')
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    check(path)
  })
}
