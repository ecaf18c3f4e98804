import type { Figure } from '../figure.js'
import { bar } from './bars.js'
import { columns } from './columns.js'
import { type Html, html } from './markup.js'
import { scrolling } from './scrolling.js'

type Series = Extract<Figure, { readonly kind: 'series' }>
type Table = Extract<Figure, { readonly kind: 'table' }>

/** A longer series is shown as a whole, without a line for each number. */
const MOST_LINES = 25
/** Rows that one table shows; the JSON report has them all. */
const MOST_ROWS = 200

/** The numbers of a check, as a picture or a table with its title. */
export function figure(shown: Figure): Html {
  if (shown.kind === 'table') {
    return shown.rows.length === 0 ? emptyFigure(shown.title) : tableFigure(shown)
  }
  if (shown.points.length === 0) return emptyFigure(shown.title)
  return shown.points.length > MOST_LINES ? columns(shown) : barFigure(shown)
}

function emptyFigure(title: string): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    <p class="note">There is nothing to show.</p>
  </figure>`
}

function barFigure({ title, unit, points, limit }: Series): Html {
  const most = Math.max(...points.map(({ value }) => value), limit?.value ?? 0)
  const rows = points.map(
    ({ label, value }) =>
      html`<tr>
        <th scope="row">${label}</th>
        <td class="number">${value}</td>
        <td class="picture">${bar(value, { most, limit: limit?.value })}</td>
      </tr>`,
  )
  return html`<figure>
    <figcaption>${title}</figcaption>
    <table class="bars">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col" class="number">${unit}</th>
          <td class="picture"></td>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${limit && html`<p class="note">The tick is the limit: ${limit.label}, ${limit.value} ${unit}.</p>`}
  </figure>`
}

function tableFigure({ title, columns: names, rows }: Table): Html {
  const shown = rows.slice(0, MOST_ROWS)
  const kinds = names.map((_, at) => kindOf(rows.map((row) => row[at] ?? '')))
  const heads = names.map((name, at) => html`<th scope="col" class="${kinds[at]}">${name}</th>`)
  const body = shown.map(
    (row) =>
      html`<tr>
        ${row.map((cell, at) => html`<td class="${kinds[at]}">${cell}</td>`)}
      </tr>`,
  )
  const table = html`<table class="loose">
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${scrolling(title, table)} ${omitted(rows.length - shown.length, 'rows')}
  </figure>`
}

/** A date or a name of a few letters is not to be broken; a text, or bytes, must be where the page is narrow. */
const MOST_UNBROKEN = 12

function kindOf(column: readonly (string | number)[]): 'number' | 'short' | 'text' {
  if (column.every((cell) => typeof cell === 'number')) return 'number'
  return column.every((cell) => String(cell).length <= MOST_UNBROKEN) ? 'short' : 'text'
}

/** Says what a bounded list does not show; nothing where it shows all. */
export function omitted(number: number, what: string): Html | undefined {
  return number > 0
    ? html`<p class="note">${number} more ${what} are in <code>report.json</code>.</p>`
    : undefined
}
