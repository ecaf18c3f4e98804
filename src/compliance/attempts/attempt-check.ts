import type { Attempt } from '../../core/hsm-inspection.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import type { ServiceItem } from '../inventory.js'
import type { Observations } from '../observations.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'
import type { Answer } from '../seen.js'

const CHECK: CheckDefinition = {
  id: 'KEY-ATTEMPTS',
  suite: 'attempts',
  title: 'The token refuses to give keys away and to loosen them',
  requirements: [
    ...serves('FIPS 140-3', '7.9.1', '7.9.5'),
    ...serves('PKCS#11 v3.1', '5.7.2', '5.7.5', '5.7.6', '5.18.3'),
  ],
  method:
    'Reading CKA_VALUE, loosening attributes, uses that the key lacks, wrapping under another key of the service and, in a full run, copies with looser attributes and wrapping under a known key are tried on each key; attributes alone prove nothing, since some tokens do not enforce them.',
}

/** Judges what came of the attempts on the keys of the service. */
export function judgeAttempts(
  items: readonly ServiceItem[],
  { attempts, mode }: Pick<Observations, 'attempts' | 'mode'>,
): CheckResult {
  const tried = items.filter(({ object }) => attempts.has(object.id))
  const untried = items.length - tried.length
  return conclude(
    CHECK,
    tried.map((item) => judge(item, attempts.get(item.object.id))),
    {
      nothing: 'There is no key of the service on the token.',
      bound: boundOf({ tried: tried.length, untried, mode }),
    },
  )
}

function boundOf(run: {
  readonly tried: number
  readonly untried: number
  readonly mode: Observations['mode']
}): string | undefined {
  const { tried, untried, mode } = run
  const sentences = [
    ...(untried > 0 ? [`Tried on ${tried} of ${tried + untried} keys.`] : []),
    ...(mode === 'read-only' && tried > 0
      ? [
          'Copies, and a wrapping key that is known outside, were not tried, since they would create objects: run with --full.',
        ]
      : []),
  ]
  return sentences.length > 0 ? sentences.join(' ') : undefined
}

function judge({ subject }: ServiceItem, answer: Answer<readonly Attempt[]> | undefined): Finding {
  if (answer === undefined || 'error' in answer) {
    const observed = printable(answer?.error ?? 'no answer')
    return { subject, observed, verdict: 'fail', reason: 'the attempts could not be made' }
  }
  const done = answer.value.filter(({ refused }) => !refused)
  if (answer.value.length === 0) {
    const reason = 'what was not tried was not refused'
    return { subject, observed: 'nothing was tried', verdict: 'fail', reason }
  }
  if (done.length === 0) {
    return { subject, observed: `all ${answer.value.length} refused`, verdict: 'pass' }
  }
  const observed = done.map(({ attempt, detail }) => printable(`${attempt}: ${detail}`)).join('; ')
  return { subject, observed, verdict: 'fail', reason: 'every attempt must be refused' }
}
