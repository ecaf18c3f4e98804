import { type CheckResult, lineOf } from './check.js'
import { printable } from './printable.js'
import { type ComplianceReport, countVerdicts } from './report.js'

/** A report in a few lines for a person: what was inspected, each check that fails or does not apply, and the sum. */
export function renderSummary(report: ComplianceReport): string {
  const { identity, storedKeys, objects } = report
  const counts = countVerdicts(report.checks)
  const keys = `${storedKeys.cmk} CMK versions, ${storedKeys.binding} binding and ${storedKeys.credential} credential keys`
  const lines = [
    printable(`Token ${identity.label}, ${identity.model}, serial ${identity.serial}`),
    `Profile ${printable(identity.profile)}; in the store: ${keys}; on the token: ${objects.length} key objects.`,
    ...report.checks.flatMap(lineOfCheck),
    `${report.verdict === 'pass' ? 'PASS' : 'FAIL'}: ${counts.pass} checks passed, ${counts.fail} failed, ${counts['not-applicable']} not applicable.`,
  ]
  return `${lines.join('\n')}\n`
}

function lineOfCheck(check: CheckResult): readonly string[] {
  const [first, ...others] = check.failures
  if (first) {
    const more = others.length > 0 ? `, and ${others.length} more` : ''
    return [`FAIL ${check.id}: ${lineOf(first)}${more}`]
  }
  return check.remarks.map(
    (remark) => `${check.verdict === 'pass' ? 'note' : 'n/a '} ${check.id}: ${remark}`,
  )
}
