import { subjectOf } from '../inventory.js'
import { printable } from '../printable.js'
import type { Change, CheckChange, Comparison, NamedObject } from './compare-reports.js'

/** Things of one kind that are listed by name. */
const MOST_LISTED = 50

/** A comparison as lines for a person: what did not change is not there. */
export function renderComparison(comparison: Comparison): string {
  const { verdict, time, mode, version, token, counts, checks, objects } = comparison
  const lines = [
    `Runs of ${printable(time.old)} and ${printable(time.new)}`,
    ...lineOf('verdict', verdict),
    ...lineOf('mode', mode),
    ...lineOf('software', version),
    ...Object.entries(token).flatMap(([name, change]) => lineOf(`token ${name}`, change)),
    ...Object.entries(counts).flatMap(([name, change]) =>
      lineOf(name.replaceAll('_', ' '), change),
    ),
    ...checks.changed.flatMap(linesOfCheck),
    ...checks.came.map(({ id, verdict: now }) => `check ${id} is new: ${now}`),
    ...checks.went.map(({ id, verdict: before }) => `check ${id} is gone: it was ${before}`),
    ...listed(objects.came.map((object) => `object came: ${nameOf(object)}`)),
    ...listed(objects.went.map((object) => `object went: ${nameOf(object)}`)),
    ...listed(
      objects.changed.map(
        ({ attributes, ...object }) =>
          `object changed: ${nameOf(object)}: ${printable(attributes.join(', '))}`,
      ),
    ),
  ]
  return `${(lines.length > 1 ? lines : [...lines, 'Nothing has changed.']).join('\n')}\n`
}

function lineOf(name: string, change: Change<string | number>): readonly string[] {
  if (change.old === change.new) return []
  return [`${name}: ${printable(String(change.old))} → ${printable(String(change.new))}`]
}

function linesOfCheck({ id, old, new: now, failing, mended }: CheckChange): readonly string[] {
  return [
    old === now ? `check ${id}: ${now} as before` : `check ${id}: ${old} → ${now}`,
    ...listed(failing.map((subject) => `  fails now: ${printable(subject)}`)),
    ...listed(mended.map((subject) => `  fails no more: ${printable(subject)}`)),
  ]
}

function nameOf(object: NamedObject): string {
  return subjectOf(object)
}

function listed(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LISTED) return lines
  return [...lines.slice(0, MOST_LISTED), `  and ${lines.length - MOST_LISTED} more: see --json`]
}
