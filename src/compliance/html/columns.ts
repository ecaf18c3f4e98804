import type { Figure } from '../figure.js'
import { type Html, html } from './markup.js'

type Series = Extract<Figure, { readonly kind: 'series' }>

const WIDTH = 600
const HEIGHT = 120

/**
 * A long series as columns side by side, in their order. The sentence under it says what there is to be seen; every number
 * is in the JSON report.
 */
export function columns({ title, unit, points, limit }: Series): Html {
  const values = points.map(({ value }) => value)
  const most = Math.max(...values, limit?.value ?? 0)
  const step = WIDTH / points.length
  const bars = values.map((value, at) => {
    const height = most > 0 ? (Math.max(value, 0) / most) * HEIGHT : 0
    const beyond = limit !== undefined && value >= limit.value
    return html`<rect
      class="${beyond ? 'beyond' : 'value'}"
      x="${(at * step).toFixed(2)}"
      y="${(HEIGHT - height).toFixed(2)}"
      width="${(step * 0.8).toFixed(2)}"
      height="${height.toFixed(2)}"
    />`
  })
  const summary = summaryOf({ unit, points, values, limit })
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg
      class="columns"
      role="img"
      aria-label="${title}. ${summary}"
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
    >
      <rect class="ground" width="${WIDTH}" height="${HEIGHT}" />
      ${bars} ${limit && limitLine(limit.value / (most || 1))}
    </svg>
    <div class="axis" aria-hidden="true">
      <span>${points[0]?.label}</span><span>${points.at(-1)?.label}</span>
    </div>
    <p class="note">${summary}</p>
  </figure>`
}

function limitLine(share: number): Html {
  const y = (HEIGHT * (1 - share)).toFixed(2)
  return html`<line class="limit" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}" />`
}

function summaryOf({
  unit,
  points,
  values,
  limit,
}: Pick<Series, 'unit' | 'points' | 'limit'> & { readonly values: readonly number[] }): string {
  const sorted = values.toSorted((one, other) => one - other)
  const [least = 0, most = 0, middle = 0] = [0, -1, sorted.length >> 1].map((at) => sorted.at(at))
  const sentence = `${points.length} values from ${least} to ${most} ${unit}, half of them up to ${middle}.`
  if (!limit) return sentence
  const beyond = values.filter((value) => value >= limit.value).length
  return `${sentence} The line is the limit: ${limit.label}, ${limit.value} ${unit}; ${beyond} reach it.`
}
