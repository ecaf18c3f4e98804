import type { CheckResult } from '../check.js'
import { type Html, html } from './markup.js'
import { anchorOf, verdictMark } from './verdict.js'

/** Every check in one line, in the order of the report. */
export function checkIndex(checks: readonly CheckResult[]): Html {
  return html`<table class="index">
    <caption>
      All checks
    </caption>
    <thead>
      <tr>
        <th scope="col">Check</th>
        <th scope="col">What holds where it passes</th>
        <th scope="col">Verdict</th>
      </tr>
    </thead>
    <tbody>
      ${checks.map(
        ({ id, title, verdict }) =>
          html`<tr>
            <th scope="row"><a href="#${anchorOf(id)}">${id}</a></th>
            <td>${title}</td>
            <td>${verdictMark(verdict)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
