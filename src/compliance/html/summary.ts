import { type CheckResult, SUITES } from '../check.js'
import { printable } from '../printable.js'
import type { ReportHead } from '../render-json.js'
import { type ComplianceReport, countVerdicts } from '../report.js'
import { verdictBar, verdictKey } from './bars.js'
import { facts } from './facts.js'
import { type Html, html } from './markup.js'
import { scrolling } from './scrolling.js'
import { SUITE_NAMES } from './suites.js'
import { shownTime } from './times.js'
import { VERDICTS, VERDICT_NAMES, type VerdictCounts } from './verdict.js'

/** The first page: the verdict, what it was found out about, and how many checks came to what. */
export function summary(report: ComplianceReport, head: ReportHead): Html {
  const counts = countVerdicts(report.checks)
  return html`<section id="summary" aria-labelledby="summary-title">
    <h2 id="summary-title">Summary</h2>
    <p class="verdict ${report.verdict}">
      <strong>${verdictWord(report)}</strong> ${sentence(counts)}
    </p>
    <p>
      A pass says that what was checked was found as it must be. It is no certification, and what a
      person has to judge is not judged by it.
    </p>
    ${factsOf(report, head)} ${suiteTable(report.checks)}
  </section>`
}

function verdictWord({ verdict }: ComplianceReport): string {
  return verdict === 'pass' ? 'Pass.' : 'Fail.'
}

function sentence(counts: VerdictCounts): string {
  const all = counts.pass + counts.fail + counts.manual + counts['not-applicable']
  const failed = counts.fail === 0 ? 'No check failed' : `${counts.fail} of ${all} checks failed`
  return `${failed}. Passed: ${counts.pass}; for a person to judge: ${counts.manual}; not applicable: ${counts['not-applicable']}.`
}

function factsOf(report: ComplianceReport, head: ReportHead): Html {
  const { identity, storedKeys, objects, startedAt, endedAt } = report
  const seconds = ((endedAt - startedAt) / 1000).toFixed(1)
  return facts([
    ['Token', printable(identity.label)],
    ['Manufacturer', printable(identity.manufacturer)],
    ['Model', printable(identity.model)],
    ['Serial number', printable(identity.serial)],
    ['Hardware, firmware', printable(`${identity.hardware}, ${identity.firmware}`)],
    ['Library', printable(identity.library)],
    ['Profile', `${printable(identity.profile)}, ${profileWord(head)}`],
    ['Started', `${shownTime(startedAt)}, took ${seconds} s`],
    ['Mode', MODES[report.mode]],
    ['Software', `hsm-kms ${head.version}`],
    [
      'Keys in the store',
      `CMK versions ${storedKeys.cmk}, import pairs ${storedKeys.import}, binding keys ${storedKeys.binding}, credential keys ${storedKeys.credential}, audit keys ${storedKeys.audit}`,
    ],
    ['Key objects on the token', objects.length],
    ['Files beside this report', report.attachments.map(({ name }) => name).join(', ')],
  ])
}

const MODES: Readonly<Record<ComplianceReport['mode'], string>> = {
  'read-only': 'Read-only: no object was made on the token',
  full: 'Full: throw-away objects were made and destroyed',
}

function profileWord({ productionProfile }: ReportHead): string {
  return productionProfile ? 'which admits production keys' : 'which does not admit production keys'
}

function suiteTable(checks: readonly CheckResult[]): Html {
  const rows = SUITES.map((suite) => {
    const own = checks.filter((check) => check.suite === suite)
    return { suite, size: own.length, counts: countVerdicts(own) }
  }).filter(({ size }) => size > 0)
  const most = Math.max(...rows.map(({ size }) => size), 0)
  const title = 'Checks by part of the run and verdict'
  const table = html`<table class="counts">
    <thead>
      <tr>
        <th scope="col">Part</th>
        ${VERDICTS.map((verdict) => html`<th scope="col" class="number">${VERDICT_NAMES[verdict]}</th>`)}
        <td class="picture"></td>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ suite, counts }) =>
          html`<tr>
            <th scope="row"><a href="#suite-${suite}">${SUITE_NAMES[suite]}</a></th>
            ${numbers(counts)}
            <td class="picture">${verdictBar(counts, most)}</td>
          </tr>`,
      )}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row">All</th>
        ${numbers(countVerdicts(checks))}
        <td class="picture"></td>
      </tr>
    </tfoot>
  </table>`
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${scrolling(title, table)} ${verdictKey()}
  </figure>`
}

/** Verdict counts as cells. */
export function numbers(counts: VerdictCounts): readonly Html[] {
  return VERDICTS.map((verdict) => {
    const number = counts[verdict]
    return html`<td class="number ${number === 0 ? 'none' : verdict}">${number}</td>`
  })
}
