import { performance } from 'node:perf_hooks'
import type { FunctionCall, FunctionFigure } from '../../core/hsm-observer.js'
import { SHARED_CLOCK_MS } from '../shared-clock.js'

/*
 * What this process calls in its library. Every call of a PKCS#11 function passes here, so what is noted of each must
 * cost next to nothing: two readings of the clock and an addition.
 */

/** Figures are told with a reply, so often at most. */
const TELL_EVERY_MS = 250
/** An inspection of a full token takes many thousands; nobody looks at all of them. */
const MOST_DETAILED = 200

interface Figure {
  calls: number
  failed: number
  ms: number
}

const figures = new Map<string, Figure>()
let detailed: FunctionCall[] | undefined
let toldAt = -Infinity

/** Takes note of a call of a PKCS#11 function that began at a reading of `performance.now()` and has ended. */
export function noteFunction(name: string, startedAt: number, rv: number | undefined): void {
  const ms = performance.now() - startedAt
  let figure = figures.get(name)
  if (!figure) {
    figure = { calls: 0, failed: 0, ms: 0 }
    figures.set(name, figure)
  }
  figure.calls++
  figure.ms += ms
  if (rv !== undefined) figure.failed++
  if (detailed && detailed.length < MOST_DETAILED) {
    detailed.push({ name, at: startedAt + SHARED_CLOCK_MS, ms, rv })
  }
}

/** Keeps every call from now on, up to 200. */
export function beginDetails(): void {
  detailed = []
}

/** The calls since {@link beginDetails}, oldest first, by the shared clock; keeps none any more. */
export function takeDetails(): readonly FunctionCall[] {
  const kept = detailed ?? []
  detailed = undefined
  return kept
}

/** The figures since the last time, where it is time to tell them, or there will be no other. */
export function takeFigures({
  last,
}: {
  readonly last: boolean
}): readonly FunctionFigure[] | undefined {
  const now = performance.now()
  if (figures.size === 0 || (!last && now - toldAt < TELL_EVERY_MS)) return undefined
  toldAt = now
  const told = [...figures].map(([name, figure]) => ({ name, ...figure }))
  figures.clear()
  return told
}
