import type { KeyKind } from '../../core/hsm.js'
import type { KnownAnswer } from '../../core/hsm-inspection.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import type { Material } from '../keys/expected-use.js'
import type { Observations } from '../observations.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'

const SELF_TEST = serves('FIPS 140-3', '7.10.3')
const METHOD =
  'A key and a message that are public go into the token as session objects; the bytes of the answer are compared.'

interface Group {
  readonly check: CheckDefinition
  /** Tells the tests of the group by their names. */
  readonly matches: RegExp
  /** Kind of key whose check values mean nothing while the group fails. */
  readonly kind?: KeyKind
}

/** Groups of tests; a test belongs to the first that its name fits. */
const GROUPS: readonly Group[] = [
  group({
    id: 'KAT-AES-KWP-WRAP',
    title: 'The token wraps as RFC 5649 says',
    requirements: [...serves('SP 800-38F', '6.3'), ...serves('RFC 5649', '4.1'), ...SELF_TEST],
    matches: /^wrap /,
    kind: 'wrapping',
  }),
  group({
    id: 'KAT-AES-KWP-INTEGRITY',
    title: 'The token unwraps nothing that was changed',
    requirements: [...serves('SP 800-38F', '6.3'), ...serves('RFC 5649', '3'), ...SELF_TEST],
    matches: /^unwrap of changed /,
  }),
  group({
    id: 'KAT-AES-KWP-UNWRAP',
    title: 'The token unwraps as RFC 5649 says',
    requirements: [...serves('SP 800-38F', '6.3'), ...serves('RFC 5649', '4.2'), ...SELF_TEST],
    matches: /^unwrap /,
  }),
  group({
    id: 'KAT-HMAC',
    title: 'The token computes HMAC-SHA-256',
    requirements: [...serves('FIPS 198-1', '4'), ...SELF_TEST],
    matches: /^HMAC-SHA-256 /,
    kind: 'binding',
  }),
  group({
    id: 'KAT-AES-GCM',
    title: 'The token computes AES-256-GCM',
    requirements: [...serves('SP 800-38D', '7.1', '7.2'), ...SELF_TEST],
    matches: /^AES-256-GCM/,
  }),
  group({
    id: 'KAT-RANDOM',
    title: 'The random generator of the token answers with bytes that differ',
    requirements: [...serves('SP 800-90B', '4.3'), ...serves('PKCS#11 v3.1', '5.19')],
    matches: /^random /,
    method: 'Two draws are compared with each other and with zeroes: a stuck generator is noticed.',
  }),
  group({
    id: 'KAT-OTHER',
    title: 'The token passes its other known-answer tests',
    requirements: SELF_TEST,
    matches: /^/,
  }),
]

/** Judges the known-answer tests, one check for each algorithm. A group without a test has shown nothing. */
export function judgeKnownAnswers({ knownAnswers, facts }: Observations): readonly CheckResult[] {
  return GROUPS.flatMap(({ check }) => {
    const findings = testsOf(check.id, knownAnswers).map(findingOf)
    if (findings.length > 0) return [conclude(check, findings, { nothing: '' })]
    if (check.id === 'KAT-OTHER') return []
    if (check.id === 'KAT-AES-GCM' && !facts.hasGcm)
      return [conclude(check, [], { nothing: NO_GCM })]
    return [conclude(check, [UNTESTED], { nothing: '' })]
  })
}

/** Whether the check value of a key means something on a token that has proven some kinds of key. */
export function canCompare(material: Material, proven: ReadonlySet<KeyKind>): boolean {
  // The check value of a pair is the digest of its public key, which the token only has to hand out.
  if (material.form === 'pair') return true
  // Every MAC key proves itself by the same MAC as a binding key.
  const isMac = material.kind.startsWith('hmac-')
  return proven.has(isMac ? 'binding' : material.kind)
}

/** The kinds of key whose check values mean something: the token passes the tests of what computes them. */
export function provenKinds(knownAnswers: readonly KnownAnswer[]): ReadonlySet<KeyKind> {
  const proven = GROUPS.filter(({ check }) => {
    const tests = testsOf(check.id, knownAnswers)
    return tests.length > 0 && tests.every(({ passed }) => passed)
  })
  return new Set(proven.flatMap(({ kind }) => (kind === undefined ? [] : [kind])))
}

const NO_GCM = 'The profile says that the token has no AES-GCM.'

const UNTESTED: Finding = {
  subject: 'the token',
  observed: 'no test was run',
  verdict: 'fail',
  reason: 'what was not tested was not shown',
}

function testsOf(id: string, knownAnswers: readonly KnownAnswer[]): readonly KnownAnswer[] {
  return knownAnswers.filter(
    (answer) => GROUPS.find((one) => one.matches.test(answer.test))?.check.id === id,
  )
}

function findingOf({ test, passed, detail }: KnownAnswer): Finding {
  const verdict = passed ? 'pass' : 'fail'
  return { subject: printable(test), observed: printable(detail), verdict }
}

function group(
  row: Omit<CheckDefinition, 'suite' | 'method'> &
    Omit<Group, 'check'> & { readonly method?: string },
): Group {
  const { matches, kind, ...check } = row
  return {
    check: { suite: 'known-answers', method: METHOD, ...check },
    matches,
    ...(kind === undefined ? {} : { kind }),
  }
}
