import { type CheckResult, lineOf } from './check.js'
import { printable } from './printable.js'
import { type ComplianceReport, countVerdicts } from './report.js'

/** A report in a few lines for a person: what was inspected, each check that fails or does not apply, and the sum. */
export function renderSummary(report: ComplianceReport): string {
  const { identity, storedKeys, objects } = report
  const counts = countVerdicts(report.checks)
  const keys = `${storedKeys.cmk} CMK versions, ${storedKeys.binding} binding, ${storedKeys.credential} credential and ${storedKeys.audit} audit keys`
  const lines = [
    printable(`Token ${identity.label}, ${identity.model}, serial ${identity.serial}`),
    `Profile ${printable(identity.profile)}; in the store: ${keys}; on the token: ${objects.length} key objects.`,
    ...withOneRemark(report.checks.flatMap(lineOfCheck)),
    `${report.verdict === 'pass' ? 'PASS' : 'FAIL'}: ${counts.pass} checks passed, ${counts.fail} failed, ${counts['not-applicable']} not applicable, ${counts.manual} for a person to judge.`,
  ]
  return `${lines.join('\n')}\n`
}

interface Line {
  readonly word: string
  readonly id: string
  readonly text: string
}

/** Checks of which the same is to be said share a line, where the first of them stands. */
function withOneRemark(lines: readonly Line[]): readonly string[] {
  const shared = new Map<string, { readonly line: Line; readonly ids: string[] }>()
  for (const line of lines) {
    const known = shared.get(`${line.word} ${line.text}`)
    if (known) known.ids.push(line.id)
    else shared.set(`${line.word} ${line.text}`, { line, ids: [line.id] })
  }
  return [...shared.values()].map(({ line, ids }) => `${line.word} ${ids.join(', ')}: ${line.text}`)
}

function lineOfCheck(check: CheckResult): readonly Line[] {
  const { id, verdict } = check
  const [first, ...others] = check.failures
  if (first) {
    const more = others.length > 0 ? `, and ${others.length} more` : ''
    return [{ word: 'FAIL', id, text: `${lineOf(first)}${more}` }]
  }
  if (verdict === 'manual') {
    return check.toReview.map((finding) => ({ word: 'look', id, text: lineOf(finding) }))
  }
  const word = verdict === 'pass' ? 'note' : 'n/a '
  return check.remarks.map((text) => ({ word, id, text }))
}
