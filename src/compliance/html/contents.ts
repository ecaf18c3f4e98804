import type { CheckResult } from '../check.js'
import { suitesOf } from './checks.js'
import { coveredDocuments } from './coverage.js'
import { type Html, html } from './markup.js'
import { SUITE_NAMES } from './suites.js'

/** The table of contents. */
export function contents(checks: readonly CheckResult[]): Html {
  const documents = coveredDocuments().map(({ name, anchor }) => entry(anchor, name))
  const suites = suitesOf(checks).map((suite) => entry(`suite-${suite}`, SUITE_NAMES[suite]))
  return html`<nav aria-labelledby="contents-title">
    <h2 id="contents-title">Contents</h2>
    <ol>
      ${entry('summary', 'Summary')} ${entry('attention', 'What needs attention')}
      ${entry('checks', 'Checks', suites)} ${entry('coverage', 'Coverage of standards', documents)}
      ${entry('objects', 'Key objects on the token')}
      ${entry('verification', 'How to verify this report')}
    </ol>
  </nav>`
}

function entry(anchor: string, title: string, below: readonly Html[] = []): Html {
  return html`<li>
    <a href="#${anchor}">${title}</a>
    ${
      below.length > 0
        ? html`<ol>
            ${below}
          </ol>`
        : undefined
    }
  </li>`
}
