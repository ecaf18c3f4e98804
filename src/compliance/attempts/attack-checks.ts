import type { Attempt } from '../../core/hsm-inspection.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import { printable } from '../printable.js'
import { type Requirement, serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'

const METHOD =
  'The attack is played to its end with objects of the session that have the templates of the service; it counts as refused where the token refuses a step without which the key is not won.'

interface Attack {
  /** What the names of its attempts begin with. */
  readonly name: string
  readonly check: CheckDefinition
}

const ATTACKS: readonly Attack[] = [
  attack('wrap-decrypt', {
    id: 'ATTACK-WRAP-DECRYPT',
    title: 'No CMK is won by wrapping it and decrypting the wrap',
    requirements: [
      ...serves('Clulow 2003', 'wrap and decrypt', 'trojan key'),
      ...serves('Tookan 2010', 'A1', 'A2'),
    ],
  }),
  attack('conflicting-templates', {
    id: 'ATTACK-CONFLICTING-TEMPLATES',
    title: 'No CMK is won by a blob that is unwrapped twice with conflicting templates',
    requirements: [...serves('Tookan 2010', 'A1'), ...serves('PKCS#11 v3.1', '5.18.4')],
  }),
  attack('re-import', {
    id: 'ATTACK-RE-IMPORT',
    title: 'No CMK comes to other attributes by copy, change, or the way out and in again',
    requirements: [
      ...serves('Clulow 2003', 're-import'),
      ...serves('Tookan 2010', 'A4', 'A5'),
      ...serves('PKCS#11 v3.1', '5.7.2', '5.7.6'),
    ],
  }),
  attack('weak-wrap', {
    id: 'ATTACK-WEAK-WRAP',
    title: 'No CMK is wrapped under a key that is weaker, or known outside',
    requirements: [
      ...serves('Clulow 2003', 'weak wrapping key', 'trojan key'),
      ...serves('SP 800-57 part 1 rev 5', '5.6'),
    ],
  }),
  attack('conjuring', {
    id: 'ATTACK-KEY-CONJURING',
    title: 'Bytes that nobody wrapped do not unwrap',
    requirements: [...serves('Clulow 2003', 'key conjuring'), ...serves('SP 800-38F', '6.3')],
  }),
  attack('reduced-key-space', {
    id: 'ATTACK-REDUCED-KEY-SPACE',
    title: 'No readable key is derived from a CMK',
    requirements: serves('Clulow 2003', 'reduced key space'),
  }),
  attack('passing-secret', {
    id: 'ATTACK-PASSING-SECRET',
    title: 'What the token generates can leave it wrapped, and in no other form',
    requirements: [...serves('Tookan 2010', 'A3'), ...serves('FIPS 140-3', '7.9.5')],
  }),
]

/** Judges the published attacks, one check for each. */
export function judgeAttacks(seen: Seen<readonly Attempt[]>): readonly CheckResult[] {
  return [
    ...ATTACKS.map(({ name, check }) =>
      concludeSeen(check, seen, (attempts) => ({ findings: findingsOf(name, attempts) })),
    ),
    ...unnamed(seen),
  ]
}

function findingsOf(name: string, attempts: readonly Attempt[]): readonly Finding[] {
  const own = attempts.filter(({ attempt }) => attempt.startsWith(`${name}: `))
  if (own.length > 0) return own.map(judge)
  const reason = 'what was not tried was not refused'
  return [{ subject: name, observed: 'it was not played', verdict: 'fail', reason }]
}

/** An attack that no check knows must not be lost. */
function unnamed(seen: Seen<readonly Attempt[]>): readonly CheckResult[] {
  if (!('value' in seen)) return []
  const known = ATTACKS.map(({ name }) => `${name}: `)
  const others = seen.value.filter(({ attempt }) => !known.some((name) => attempt.startsWith(name)))
  if (others.length === 0) return []
  const { check } = attack('other', {
    id: 'ATTACK-OTHER',
    title: 'Every other attack on the API is refused',
    requirements: serves('FIPS 140-3', '7.12'),
  })
  return [conclude(check, others.map(judge), { nothing: '' })]
}

function judge({ attempt, refused, detail }: Attempt): Finding {
  const [subject, observed] = [printable(attempt), printable(detail)]
  if (refused) return { subject, observed, verdict: 'pass' }
  return { subject, observed, verdict: 'fail', reason: 'the token must refuse it' }
}

function attack(
  name: string,
  row: {
    readonly id: string
    readonly title: string
    readonly requirements: readonly Requirement[]
  },
): Attack {
  return { name, check: { suite: 'attempts', method: METHOD, ...row } }
}
