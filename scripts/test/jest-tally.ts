import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { Type, type Static } from '../../src/packages/typebox.js'
import { Value } from 'typebox/value'
import { atLeastOneIf, ONE_FAILURE, type Tally } from './tally.js'

/** The part of jest's `--json` report that is counted. */
const Report = Type.Object({
  numPassedTests: Type.Integer(),
  numFailedTests: Type.Integer(),
  numRuntimeErrorTestSuites: Type.Integer(),
  testResults: Type.Array(
    Type.Object({
      name: Type.String(),
      assertionResults: Type.Array(
        Type.Object({
          status: Type.String(),
          title: Type.String(),
          ancestorTitles: Type.Array(Type.String()),
        }),
      ),
    }),
  ),
})

/**
 * Counts jest's report. A suite that crashed counts as one failure, a report that is missing or broken too, and so does
 * a run in which no test was executed.
 */
export function tallyOfJest(exitCode: number, reportPath: string): Tally {
  const report = readReport(reportPath)
  if (report === undefined) return ONE_FAILURE
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites
  const nothingRan = report.numPassedTests + failed === 0
  return {
    passed: report.numPassedTests,
    failed: atLeastOneIf(exitCode !== 0 || nothingRan, failed),
    skips: report.testResults.flatMap(skipsOfSuite),
  }
}

function readReport(path: string): Static<typeof Report> | undefined {
  try {
    const report: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Value.Check(Report, report) ? report : undefined
  } catch {
    return undefined
  }
}

/** Where the reason stands in the title of what is skipped. */
const REASON = '[skipped: '

/** One line for each skipped suite or test; it ends with the title that carries the reason, of a suite if one does. */
function skipsOfSuite(suite: Static<typeof Report>['testResults'][number]): readonly string[] {
  const skipped = suite.assertionResults
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ ancestorTitles, title }) => {
      const titles = [...ancestorTitles, title]
      const last = titles.findIndex((one) => one.includes(REASON))
      return last < 0 ? titles : titles.slice(0, last + 1)
    })
  const file = relative(process.cwd(), suite.name)
  const counts = new Map<string, number>()
  for (const titles of skipped) {
    const title = `${file}: ${titles.join(' > ')}`
    counts.set(title, (counts.get(title) ?? 0) + 1)
  }
  return [...counts].map(([title, count]) => (count === 1 ? title : `${title} (${count} tests)`))
}
