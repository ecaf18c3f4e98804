import { type Html, html } from './markup.js'
import { VERDICTS, VERDICT_NAMES, type VerdictCounts } from './verdict.js'

/*
 * Pictures of numbers that stand beside them in a table, or in a sentence: whoever does not see the picture misses
 * nothing. Their colours come from the style sheet; sizes are attributes, since the page forbids inline styles.
 */

/** Width of a bar in units of its picture. */
const WIDTH = 200
const HEIGHT = 14

/** One number as a bar, on a scale from 0 to `most`, with a tick where the limit is. Both are in the table beside it. */
export function bar(
  value: number,
  scale: { readonly most: number; readonly limit?: number | undefined },
): Html {
  const { most, limit } = scale
  const beyond = limit !== undefined && value >= limit
  return html`<svg
    class="bar"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    <rect class="ground" width="${WIDTH}" height="${HEIGHT}" />
    <rect class="${beyond ? 'beyond' : 'value'}" width="${at(value, most)}" height="${HEIGHT}" />
    ${limit === undefined ? undefined : limitTick(at(limit, most))}
  </svg>`
}

function limitTick(x: string): Html {
  return html`<rect class="limit" x="${x}" width="1.5" height="${HEIGHT}" />`
}

/** Numbers of checks by verdict as one bar of several parts, on a scale from 0 to `most` checks. */
export function verdictBar(counts: VerdictCounts, most: number): Html {
  let from = 0
  const parts = VERDICTS.map((verdict) => {
    const x = from
    from += counts[verdict]
    return html`<rect
      class="${verdict}"
      x="${at(x, most)}"
      width="${at(counts[verdict], most)}"
      height="${HEIGHT}"
    />`
  })
  return html`<svg
    class="bar"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    ${parts}
  </svg>`
}

/** What the colours of {@link verdictBar} mean. */
export function verdictKey(): Html {
  return html`<ul class="key" aria-hidden="true">
    ${VERDICTS.map((verdict) => html`<li><span class="swatch ${verdict}"></span>${VERDICT_NAMES[verdict]}</li>`)}
  </ul>`
}

function at(value: number, most: number): string {
  const share = most > 0 ? Math.min(Math.max(value, 0), most) / most : 0
  return (share * WIDTH).toFixed(2)
}
