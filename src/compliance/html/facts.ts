import { type Html, type HtmlValue, html } from './markup.js'

/** Names with what there is to say of each, in two columns where there is room; what has nothing to say is left out. */
export function facts(rows: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  const told = rows.filter(([, value]) => value !== undefined && value !== '')
  return html`<dl class="facts">
    ${told.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}
