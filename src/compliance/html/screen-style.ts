/** How a report looks on a screen, narrow or wide, light or dark. Paper takes it from here: see `printStyle`. */
export const SCREEN_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --panel: #f6f8fa; --link: #0b57a4;
  --pass: #1a6b3c; --pass-ground: #e3f3e8;
  --fail: #a3162a; --fail-ground: #fde7ea;
  --manual: #7a4d00; --manual-ground: #fdf1d8;
  --none: #57606a; --none-ground: #eceff2;
  --value: #3b6ea8;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e8eb; --quiet: #a5adb6; --line: #3a424c; --panel: #1c2127; --link: #86bdf7;
    --pass: #7fd6a0; --pass-ground: #173524;
    --fail: #ff9aa5; --fail-ground: #45181e;
    --manual: #f2c66d; --manual-ground: #3b2c0c;
    --none: #a5adb6; --none-ground: #262c33;
    --value: #6fa3dd;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); scroll-padding-top: 1rem; }
body {
  margin: 0 auto; padding: 1.25rem 1rem 4rem; max-width: 54rem;
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif;
  overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
h1, h2, h3, h4 { line-height: 1.25; }
h1, h2, h3 { text-wrap: balance; }
h1 { font-size: 1.9rem; margin: 0; }
h2 { font-size: 1.4rem; margin: 2.75rem 0 .75rem; padding-bottom: .35rem; border-bottom: 2px solid var(--ink); }
h3 { font-size: 1.12rem; margin: 2rem 0 .5rem; }
h4 { font-size: 1rem; margin: 0 0 .6rem; }
p { margin: .5rem 0; max-width: 44rem; }
header { border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
header p { margin: .15rem 0; color: var(--quiet); }
.kind-of-page { text-transform: uppercase; letter-spacing: .08em; font-size: .8rem; font-weight: 600; }
code, pre { font-family: ui-monospace, 'Cascadia Mono', Menlo, 'Liberation Mono', 'DejaVu Sans Mono', monospace; font-size: .88em; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: .75rem 1rem; white-space: pre-wrap; }
ul { margin: 0; padding-left: 1.2rem; }
.note, .quiet { color: var(--quiet); }
.note { font-size: .88rem; }

nav { font-size: .93rem; }
nav ol { list-style: none; margin: 0; padding: 0; columns: 14rem; }
nav ol ol { padding-left: 1rem; columns: auto; font-size: .93em; }
nav li { padding: .15rem 0; break-inside: avoid; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }

.verdict { max-width: none; padding: .8rem 1rem; border-left: 6px solid; border-radius: 3px; font-size: 1.1rem; }
.verdict strong { font-size: 1.25rem; }
.verdict.pass { background: var(--pass-ground); border-color: var(--pass); }
.verdict.fail { background: var(--fail-ground); border-color: var(--fail); }
.mark {
  display: inline-block; padding: 0 .5em; border: 1px solid; border-radius: 3px; vertical-align: .05em;
  font: 600 .78rem/1.5 system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif; white-space: nowrap;
}
.mark.pass { color: var(--pass); background: var(--pass-ground); }
.mark.fail { color: var(--paper); background: var(--fail); border-color: var(--fail); }
.mark.manual { color: var(--manual); background: var(--manual-ground); border-style: dashed; }
.mark.not-applicable { color: var(--none); background: var(--none-ground); border-style: dotted; }
.check-link { display: inline-block; margin-right: 1rem; }
.check-link a { font-size: .93em; }

.facts { margin: .75rem 0; display: grid; gap: .3rem 0; }
.facts > div { display: grid; grid-template-columns: 13rem 1fr; gap: 0 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; }

table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .93rem; }
caption, figcaption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { overflow-wrap: break-word; color: var(--quiet); font-weight: 600; border-bottom: 1px solid var(--quiet); vertical-align: bottom; }
tbody th { font-weight: 500; }
thead td { border-bottom: 1px solid var(--quiet); }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; padding-right: .9rem; }
.number.none { color: var(--quiet); font-weight: 400; }
.number.fail { color: var(--fail); font-weight: 700; }
.number.manual { color: var(--manual); font-weight: 600; }
.picture { width: 34%; vertical-align: middle; }
.index th:first-child { width: 34%; }
.clauses th:first-child { width: 16%; }
.clauses th:nth-child(2) { width: 32%; }
.findings th:nth-child(2) { width: 24%; }
.findings th:nth-child(3) { width: 30%; }
.loose { width: auto; min-width: 45%; }
.loose td, .loose th { padding-right: 1.4rem; }
td.short { white-space: nowrap; }
td.text { min-width: 7rem; }
.scrolling { overflow-x: auto; }
.scrolling table { margin-bottom: 0; }

.check, .kind { border: 1px solid var(--line); border-radius: 5px; padding: .9rem 1rem; margin: .9rem 0; }
.check .facts > div, .kind .facts > div { grid-template-columns: 7rem 1fr; }
.kind h3 { margin-top: 0; }
.attention li { margin: .6rem 0; }
figure { margin: 1rem 0 0; }
figure table { margin-top: 0; }
.facts ul { list-style: none; padding: 0; }

svg { display: block; width: 100%; }
.bar { height: .85rem; }
.columns { height: 8rem; border-bottom: 1px solid var(--quiet); }
.axis { display: flex; justify-content: space-between; font-size: .85rem; color: var(--quiet); }
svg .ground { fill: var(--none-ground); }
svg .value { fill: var(--value); }
svg .beyond { fill: var(--fail); }
svg rect.limit { fill: var(--ink); }
svg line.limit { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 6 4; vector-effect: non-scaling-stroke; }
svg .pass { fill: var(--pass); }
svg .fail { fill: var(--fail); }
svg .manual { fill: var(--manual); }
svg .not-applicable { fill: var(--line); }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; font-size: .85rem; color: var(--quiet); }
.swatch { display: inline-block; width: .85rem; height: .85rem; margin-right: .4rem; vertical-align: -.1em; }
.swatch.pass { background: var(--pass); }
.swatch.fail { background: var(--fail); }
.swatch.manual { background: var(--manual); }
.swatch.not-applicable { background: var(--line); }

@media screen and (max-width: 40rem) {
  td.text { min-width: 10rem; }
  .check, .kind { padding: .7rem .75rem; }
  .facts > div, .check .facts > div, .kind .facts > div { grid-template-columns: 1fr; gap: 0; }
  dt { font-size: .85rem; }
  .counts .picture, .key { display: none; }
  .number { padding-right: .4rem; }
  .counts { font-size: .82rem; }
  .counts th, .counts td { padding-right: .35rem; }
  .findings, .findings caption, .findings tbody, .findings tr, .findings td { display: block; width: auto; }
  .findings thead { display: none; }
  .findings td { border-bottom: 0; padding-bottom: 0; }
  .findings td::before { content: attr(data-label) ': '; color: var(--quiet); }
  .findings tr { border-bottom: 1px solid var(--line); padding-bottom: .35rem; }
}
@media screen and (min-width: 80rem) {
  body { max-width: 78rem; }
  main { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 0 3rem; }
  #summary, .rest { grid-column: 2; }
  nav {
    grid-column: 1; grid-row: 1 / span 2; align-self: start;
    position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding-bottom: 2rem;
  }
  nav ol { columns: auto; }
  nav h2 { font-size: 1rem; border: 0; padding: 0; }
  main > * > h2:first-child, main > #summary > h2 { margin-top: 1.5rem; }
}
`
