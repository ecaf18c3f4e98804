import { type CheckResult, SUITES, type Suite, lineOf } from './check.js'
import type { ReportHead } from './render-json.js'
import type { ComplianceReport } from './report.js'
import { requirementsLine } from './requirements.js'
import { type XmlElement, renderXml } from './xml.js'

/** Subjects that one failure lists; the JSON report has them all. */
const MAX_LISTED = 100

/** A report as JUnit XML, one test case for each check. */
export function renderJunit(report: ComplianceReport, head: ReportHead): string {
  const seconds = (report.endedAt - report.startedAt) / 1000
  return renderXml({
    name: 'testsuites',
    attributes: { name: 'hsm-kms compliance', ...totals(report.checks), time: seconds },
    children: SUITES.filter((suite) => report.checks.some((check) => check.suite === suite)).map(
      (suite) => suiteElement(report, suite, head),
    ),
  })
}

function suiteElement(report: ComplianceReport, suite: Suite, head: ReportHead): XmlElement {
  const checks = report.checks.filter((check) => check.suite === suite)
  return {
    name: 'testsuite',
    attributes: {
      name: `compliance.${suite}`,
      ...totals(checks),
      time: 0,
      timestamp: new Date(report.startedAt).toISOString().slice(0, -'.000Z'.length),
    },
    children: [propertiesElement(report, head), ...checks.map(caseElement)],
  }
}

function totals(checks: readonly CheckResult[]): Readonly<Record<string, number>> {
  return {
    tests: checks.length,
    failures: checks.filter(({ verdict }) => verdict === 'fail').length,
    errors: 0,
    // JUnit has no word for what a person has to judge: it was not run to a verdict.
    skipped: checks.filter(({ verdict }) => verdict === 'not-applicable' || verdict === 'manual')
      .length,
  }
}

function propertiesElement({ identity }: ComplianceReport, head: ReportHead): XmlElement {
  const properties = { ...identity, version: head.version }
  return {
    name: 'properties',
    children: Object.entries(properties).map(([name, value]) => ({
      name: 'property',
      attributes: { name, value },
    })),
  }
}

function caseElement(check: CheckResult): XmlElement {
  return {
    name: 'testcase',
    attributes: { classname: `compliance.${check.suite}`, name: check.id, time: 0 },
    children: [...outcomeElements(check), { name: 'system-out', children: [describe(check)] }],
  }
}

function outcomeElements(check: CheckResult): readonly XmlElement[] {
  if (check.verdict === 'pass') return []
  if (check.verdict === 'not-applicable') {
    return [{ name: 'skipped', attributes: { message: check.remarks.join(' ') } }]
  }
  if (check.verdict === 'manual') {
    const message = `To be judged by a person: ${check.toReview.slice(0, MAX_LISTED).map(lineOf).join('; ')}`
    return [{ name: 'skipped', attributes: { message } }]
  }
  const listed = check.failures.slice(0, MAX_LISTED).map(lineOf)
  const more = check.failures.length - listed.length
  if (more > 0) listed.push(`and ${more} more`)
  const message = `${check.title}: ${check.failed} of ${check.passed + check.failed} fail.`
  return [
    { name: 'failure', attributes: { message, type: check.id }, children: [listed.join('\n')] },
  ]
}

function describe(check: CheckResult): string {
  const observed = Object.entries(check.observed).map(([value, number]) => `${number} × ${value}`)
  return [
    check.title,
    `Requirements: ${requirementsLine(check.requirements)}`,
    `Method: ${check.method}`,
    `Observed: ${observed.join(', ') || 'nothing'}`,
    ...check.remarks,
  ].join('\n')
}
