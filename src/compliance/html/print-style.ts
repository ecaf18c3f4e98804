import { shownTime } from './times.js'

/**
 * What differs on paper: tables that repeat their heads, addresses of links in words, and pages that say which run they
 * belong to, since paper gets mixed up. Nothing but the time of the run, in milliseconds since 1970, gets into the style.
 */
export function printStyle(time: number): string {
  return `
@page {
  margin: 20mm 16mm 18mm;
  @top-left { content: 'hsm-kms compliance report'; font: 8pt sans-serif; color: #57606a; }
  @top-right { content: '${shownTime(time)}'; font: 8pt sans-serif; color: #57606a; }
  @bottom-right { content: 'Page ' counter(page) ' of ' counter(pages); font: 8pt sans-serif; color: #57606a; }
}
@media print {
  html { font-size: 9.5pt; }
  body { max-width: none; margin: 0; padding: 0; }
  .skip { display: none; }
  a { color: inherit; text-decoration: none; }
  a[href^='https:']::after { content: ' <' attr(href) '>'; color: var(--quiet); font-size: .9em; }
  h2 { break-after: avoid; margin-top: 1.5rem; }
  h3, h4, caption, figcaption, .document > p { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  .part { break-before: page; }
  .part > h2 { margin-top: 0; }
  p, li { orphans: 3; widows: 3; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  nav, tr, figure, .facts, pre { break-inside: avoid; }
  figure:has(.scrolling) { break-inside: auto; }
  .scrolling { overflow: visible; }
  .facts { gap: .15rem 0; }
  .loose td, .loose th { padding-right: .7rem; }
  .counts th, .counts td, .index th, .index td { padding-top: .2rem; padding-bottom: .2rem; }
  .check { border-width: 0 0 0 2px; border-radius: 0; padding: .2rem 0 .2rem .8rem; }
  .kind { border: 0; padding: 0; }
  .check h4 { break-after: avoid; }
  .mark, .verdict, svg, .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
}
