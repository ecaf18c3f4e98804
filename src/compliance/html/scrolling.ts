import { type Html, html } from './markup.js'

/** Puts a wide table into a box that scrolls on a narrow screen, by keyboard too. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scrolling" role="group" aria-label="${label}" tabindex="0">${table}</div>`
}
