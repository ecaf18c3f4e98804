import type { CheckResult, Verdict } from '../check.js'
import { type Html, html } from './markup.js'

/** Verdicts, the gravest first: the order of tables and bars. */
export const VERDICTS = ['fail', 'manual', 'pass', 'not-applicable'] as const

/** How a report names a verdict. */
export const VERDICT_NAMES: Readonly<Record<Verdict, string>> = {
  fail: 'Fail',
  manual: 'To judge',
  pass: 'Pass',
  'not-applicable': 'Not applicable',
}

/** A verdict as a mark that can be told apart without its colour. */
export function verdictMark(verdict: Verdict): Html {
  return html`<span class="mark ${verdict}">${VERDICT_NAMES[verdict]}</span>`
}

/** Id of the element that tells of a check. */
export function anchorOf(checkId: string): string {
  return `check-${checkId.toLowerCase()}`
}

/** A link to what is told of a check, with its verdict. */
export function checkLink({ id, verdict }: Pick<CheckResult, 'id' | 'verdict'>): Html {
  return html`<span class="check-link"
    ><a href="#${anchorOf(id)}">${id}</a> ${verdictMark(verdict)}</span
  >`
}

/** Number of checks by verdict. */
export type VerdictCounts = Readonly<Record<Verdict, number>>
