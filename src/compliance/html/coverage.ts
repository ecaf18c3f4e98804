import type { CheckResult } from '../check.js'
import { countVerdicts } from '../report.js'
import { DOCUMENTS, type DocumentName } from '../requirements.js'
import { DOCUMENT_ADDRESSES } from './document-addresses.js'
import { type Html, html } from './markup.js'
import { scrolling } from './scrolling.js'
import { numbers } from './summary.js'
import { VERDICTS, VERDICT_NAMES, checkLink } from './verdict.js'

interface ClauseRow {
  readonly clause: string
  readonly about: string
  readonly checks: readonly CheckResult[]
}

interface DocumentRows {
  readonly name: DocumentName
  readonly title: string
  readonly clauses: readonly ClauseRow[]
}

/** Which clauses of which documents the checks serve, and which clauses none of them does. */
export function coverage(checks: readonly CheckResult[]): Html {
  const documents = documentRows(checks)
  return html`<section id="coverage" class="part" aria-labelledby="coverage-title">
    <h2 id="coverage-title">Coverage of standards</h2>
    <p>
      Each clause is listed with the checks that serve it. A check looks at a part of what a clause
      asks for: that it passes does not say that the clause is met as a whole. Clauses that are not
      listed are not touched by this run.
    </p>
    ${overview(documents)} ${documents.map(documentSection)}
  </section>`
}

/** Every document that a report covers, with the id of its heading. */
export function coveredDocuments(): readonly { readonly name: string; readonly anchor: string }[] {
  return namesOfDocuments().map((name) => ({ name, anchor: anchorOf(name) }))
}

function documentRows(checks: readonly CheckResult[]): readonly DocumentRows[] {
  return namesOfDocuments().map((name) => {
    const { title, clauses } = DOCUMENTS[name]
    return {
      name,
      title,
      clauses: Object.entries<string>(clauses)
        .sort(([one], [other]) => COLLATOR.compare(one, other))
        .map(([clause, about]) => ({ clause, about, checks: serving(checks, name, clause) })),
    }
  })
}

/** 7.10.3 stands behind 7.9.1, and names by their letters. */
const COLLATOR = new Intl.Collator('en', { numeric: true })

function serving(
  checks: readonly CheckResult[],
  name: DocumentName,
  clause: string,
): readonly CheckResult[] {
  return checks.filter(({ requirements }) =>
    requirements.some((one) => one.document === name && one.clause === clause),
  )
}

function overview(documents: readonly DocumentRows[]): Html {
  const rows = documents.map(({ name, clauses }) => {
    const served = clauses.filter(({ checks }) => checks.length > 0)
    const counts = countVerdicts([...new Set(served.flatMap(({ checks }) => checks))])
    return html`<tr>
      <th scope="row"><a href="#${anchorOf(name)}">${name}</a></th>
      <td class="number">${served.length} of ${clauses.length}</td>
      ${numbers(counts)}
    </tr>`
  })
  const title = 'Clauses that checks serve, and the verdicts of these checks'
  const table = html`<table class="counts">
    <thead>
      <tr>
        <th scope="col">Document</th>
        <th scope="col" class="number">Clauses</th>
        ${VERDICTS.map((verdict) => html`<th scope="col" class="number">${VERDICT_NAMES[verdict]}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${scrolling(title, table)}
  </figure>`
}

function documentSection({ name, title, clauses }: DocumentRows): Html {
  const address = DOCUMENT_ADDRESSES[name]
  return html`<section class="document" aria-labelledby="${anchorOf(name)}">
    <h3 id="${anchorOf(name)}">${name}</h3>
    <p>
      ${address === undefined ? title : html`<a href="${address}" rel="noreferrer">${title}</a>`}
    </p>
    <table class="clauses">
      <thead>
        <tr>
          <th scope="col">Clause</th>
          <th scope="col">About</th>
          <th scope="col">Checks and their verdicts</th>
        </tr>
      </thead>
      <tbody>
        ${clauses.map(clauseRow)}
      </tbody>
    </table>
  </section>`
}

function clauseRow({ clause, about, checks }: ClauseRow): Html {
  const served =
    checks.length === 0 ? html`<span class="quiet">No check</span>` : checks.map(checkLink)
  return html`<tr>
    <th scope="row">${clause}</th>
    <td class="quiet">${about}</td>
    <td>${served}</td>
  </tr>`
}

function anchorOf(name: string): string {
  return `document-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
}

function namesOfDocuments(): readonly DocumentName[] {
  // Its members are those of the constant, which the compiler knows as `string` only.
  return Object.keys(DOCUMENTS) as DocumentName[]
}
