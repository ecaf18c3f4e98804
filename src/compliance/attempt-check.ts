import type { Attempt } from '../core/hsm.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from './check.js'
import type { ServiceItem } from './inventory.js'
import type { Answer, Observations } from './observations.js'
import { printable } from './printable.js'

const CHECK: CheckDefinition = {
  id: 'KEY-ATTEMPTS',
  suite: 'keys',
  title: 'The token refuses to give keys away and to loosen them',
  requirement:
    'FIPS 140-3 (ISO/IEC 19790:2012 sections 7.9.1 and 7.9.5); PKCS#11 v3.1 C_GetAttributeValue, C_SetAttributeValue, C_CopyObject, C_WrapKey',
  method:
    'Reading CKA_VALUE, loosening attributes, copying with looser ones and wrapping under a known key are tried on each key; attributes alone prove nothing, since some tokens do not enforce them.',
}

/** Judges what came of the attempts on the keys of the service. */
export function judgeAttempts(
  items: readonly ServiceItem[],
  attempts: Observations['attempts'],
): CheckResult {
  const tried = items.filter(({ object }) => attempts.has(object.id))
  const untried = items.length - tried.length
  return conclude(
    CHECK,
    tried.map((item) => judge(item, attempts.get(item.object.id))),
    {
      nothing: 'There is no key of the service on the token.',
      bound: untried > 0 ? `Tried on ${tried.length} of ${items.length} keys.` : undefined,
    },
  )
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
