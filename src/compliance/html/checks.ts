import { type CheckResult, type Finding, SUITES, type Suite } from '../check.js'
import { requirementsLine } from '../requirements.js'
import { checkIndex } from './check-index.js'
import { facts } from './facts.js'
import { figure, omitted } from './figures.js'
import { type Html, html } from './markup.js'
import { SUITE_NAMES } from './suites.js'
import { anchorOf, verdictMark } from './verdict.js'

/** Findings of one check that are listed, and different things that were seen. */
const MOST_FINDINGS = 100
const MOST_OBSERVED = 20

/** Every check with all that is known of it, by the parts of the run. */
export function checkDetails(checks: readonly CheckResult[]): Html {
  return html`<section id="checks" class="part" aria-labelledby="checks-title">
    <h2 id="checks-title">Checks</h2>
    ${checkIndex(checks)}
    ${suitesOf(checks).map(
      (suite) =>
        html`<section aria-labelledby="suite-${suite}">
          <h3 id="suite-${suite}">${SUITE_NAMES[suite]}</h3>
          ${checks.filter((check) => check.suite === suite).map(checkArticle)}
        </section>`,
    )}
  </section>`
}

/** The parts of the run that have a check, in the order of the report. */
export function suitesOf(checks: readonly CheckResult[]): readonly Suite[] {
  return SUITES.filter((suite) => checks.some((check) => check.suite === suite))
}

function checkArticle(check: CheckResult): Html {
  const anchor = anchorOf(check.id)
  return html`<article id="${anchor}" class="check" aria-labelledby="${anchor}-title">
    <h4 id="${anchor}-title">
      ${verdictMark(check.verdict)} <code>${check.id}</code> ${check.title}
    </h4>
    ${facts([
      ['Serves', requirementsLine(check.requirements)],
      ['Method', check.method],
      ['Subjects', subjectsOf(check)],
      ['Observed', observedOf(check)],
      ['Remarks', remarksOf(check)],
    ])}
    ${findings('What fails', check.failures)}
    ${findings('What a person must look at', check.toReview)} ${check.figures.map(figure)}
  </article>`
}

function subjectsOf({ passed, failed, manual, notApplicable }: CheckResult): string {
  const counts = [
    [failed, 'failed'],
    [manual, 'to judge'],
    [passed, 'passed'],
    [notApplicable, 'not applicable'],
  ] as const
  const told = counts.filter(([number]) => number > 0)
  return told.map(([number, word]) => `${number} ${word}`).join(', ') || 'None'
}

function observedOf({ observed }: CheckResult): Html | string {
  const all = Object.entries(observed).sort(([, one], [, other]) => other - one)
  if (all.length === 0) return 'Nothing'
  const shown = all.slice(0, MOST_OBSERVED)
  return html`<ul>
      ${shown.map(([value, number]) => html`<li>${number} × ${value}</li>`)}
    </ul>
    ${omitted(all.length - shown.length, 'observations')}`
}

function remarksOf({ remarks }: CheckResult): Html | undefined {
  if (remarks.length === 0) return undefined
  return html`<ul>
    ${remarks.map((remark) => html`<li>${remark}</li>`)}
  </ul>`
}

function findings(title: string, all: readonly Finding[]): Html | undefined {
  if (all.length === 0) return undefined
  const shown = all.slice(0, MOST_FINDINGS)
  return html`<table class="findings">
      <caption>
        ${title}
      </caption>
      <thead>
        <tr>
          <th scope="col">Subject</th>
          <th scope="col">Observed</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ subject, observed, reason }) =>
            html`<tr>
              <td data-label="Subject">${subject}</td>
              <td data-label="Observed">${observed}</td>
              <td data-label="Reason">${reason ?? '–'}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${omitted(all.length - shown.length, 'of them')}`
}
