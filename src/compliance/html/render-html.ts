import { printable } from '../printable.js'
import type { ReportHead } from '../render-json.js'
import type { ComplianceReport } from '../report.js'
import { attention } from './attention.js'
import { checkDetails } from './checks.js'
import { contents } from './contents.js'
import { coverage } from './coverage.js'
import { html } from './markup.js'
import { keyObjects } from './objects.js'
import { renderPage } from './page.js'
import { printStyle } from './print-style.js'
import { SCREEN_STYLE } from './screen-style.js'
import { summary } from './summary.js'
import { shownTime } from './times.js'
import { verification } from './verification.js'

/** A report as one HTML page that needs nothing else, for screen and paper. */
export function renderHtml(report: ComplianceReport, head: ReportHead): string {
  const { checks, objects, identity, startedAt } = report
  const token = printable(identity.label)
  const time = shownTime(startedAt)
  return renderPage({
    title: `Compliance report: token ${token}, ${time}`,
    css: `${SCREEN_STYLE}${printStyle(startedAt)}`,
    body: html`<body>
      <a class="skip" href="#summary">Skip to the summary</a>
      <header>
        <p class="kind-of-page">hsm-kms compliance report</p>
        <h1>Token ${token}</h1>
        <p>${time}</p>
      </header>
      <main>
        ${summary(report, head)} ${contents(checks)}
        <div class="rest">
          ${attention(checks)} ${checkDetails(checks)} ${coverage(checks)} ${keyObjects(objects)}
          ${verification()}
        </div>
      </main>
    </body>`,
  })
}
