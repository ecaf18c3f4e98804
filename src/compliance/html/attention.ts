import { type CheckResult, type Finding, lineOf } from '../check.js'
import { type Html, html } from './markup.js'
import { checkLink } from './verdict.js'

/** What whoever reads the report has to look at: every check that failed, then every one that a person must judge. */
export function attention(checks: readonly CheckResult[]): Html {
  const failed = checks.filter(({ verdict }) => verdict === 'fail')
  const toReview = checks.filter(({ toReview }) => toReview.length > 0)
  return html`<section id="attention" aria-labelledby="attention-title">
    <h2 id="attention-title">What needs attention</h2>
    <h3>Checks that failed</h3>
    ${listOf(failed, ({ failures }) => failures) ?? html`<p>None.</p>`}
    <h3>For a person to judge</h3>
    ${listOf(toReview, ({ toReview }) => toReview) ?? html`<p>Nothing.</p>`}
  </section>`
}

function listOf(
  checks: readonly CheckResult[],
  findingsOf: (check: CheckResult) => readonly Finding[],
): Html | undefined {
  if (checks.length === 0) return undefined
  return html`<ul class="attention">
    ${checks.map((check) => {
      const [first, ...others] = findingsOf(check)
      const more = others.length > 0 ? `, and ${others.length} more` : ''
      return html`<li>
        ${checkLink(check)} <strong>${check.title}</strong>
        ${first && html`<br />${lineOf(first)}${more}`}
      </li>`
    })}
  </ul>`
}
