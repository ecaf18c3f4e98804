import type { KeyAttributes, KeyFlag } from '../../core/hsm-inspection.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import { KEY_TYPES, expectedUse, keyTypeName } from './expected-use.js'
import type { ServiceItem } from '../inventory.js'
import type { KeyRole, TokenFacts } from '../observations.js'
import { type Requirement, serves } from '../requirements.js'

const USES = [
  'wrap',
  'unwrap',
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'derive',
] as const satisfies readonly KeyFlag[]

const ONE_USE = serves('SP 800-57 part 1 rev 5', '5.2')

const TYPE_CHECK: CheckDefinition = {
  id: 'KEY-TYPE',
  suite: 'keys',
  title: 'Keys are of the type of their algorithm',
  requirements: [...ONE_USE, ...serves('PKCS#11 v3.1', '4.7')],
  method: 'CKA_KEY_TYPE of each key of the service is read back from the token.',
}

const USAGE_CHECKS: readonly (CheckDefinition & { readonly role: KeyRole })[] = [
  usageCheck({
    id: 'KEY-USAGE',
    role: 'cmk',
    title: 'Each CMK has the one use of its specification, and no other',
    requirements: [...ONE_USE, ...serves('SP 800-38F', '5')],
  }),
  usageCheck({
    id: 'IMPORT-KEY-USAGE',
    role: 'import',
    title: 'Pairs for imports unwrap, and do nothing else',
    requirements: [...ONE_USE, ...serves('SP 800-56B rev 2', '9')],
  }),
  usageCheck({
    id: 'BINDING-KEY-USAGE',
    role: 'binding',
    title: 'Binding keys sign and verify, and do nothing else',
    requirements: [...ONE_USE, ...serves('FIPS 198-1', '4')],
  }),
  usageCheck({
    id: 'CREDENTIAL-KEY-USAGE',
    role: 'credential',
    title: 'Credential keys wrap and unwrap, and do nothing else',
    requirements: [...ONE_USE, ...serves('SP 800-38F', '5')],
  }),
  usageCheck({
    id: 'AUDIT-KEY-USAGE',
    role: 'audit',
    title: 'The audit key signs, and does nothing else',
    requirements: [...ONE_USE, ...serves('FIPS 186-5', '6')],
  }),
]

const NOTHING: Readonly<Record<KeyRole, string>> = {
  cmk: 'There is no CMK on the token.',
  import: 'No import is under way.',
  binding: 'There is no binding key on the token.',
  credential: 'There is no credential key on the token.',
  audit: 'There is no audit key on the token.',
}

/** Judges what every key of the service can be used for: its own use, and no other. */
export function judgeUsage(
  items: readonly ServiceItem[],
  facts: TokenFacts,
): readonly CheckResult[] {
  return [
    conclude(
      TYPE_CHECK,
      items.map((item) => judgeType(item, facts)),
      {
        nothing: 'There is no key of the service on the token.',
      },
    ),
    ...USAGE_CHECKS.map(({ role, ...definition }) => {
      const findings = items
        .filter((item) => item.role === role)
        .map((item) => judgeUses(item, facts))
      return conclude(definition, findings, { nothing: NOTHING[role] })
    }),
  ]
}

function judgeType(item: ServiceItem, facts: TokenFacts): Finding {
  const { object, subject } = item
  const { types } = expectedUse({ ...item, material: item.stored?.material }, facts)
  const observed = keyTypeName(object.keyType)
  if (types === undefined) {
    const reason = 'Its type has a number of the vendor’s own.'
    return { subject, observed, verdict: 'not-applicable', reason }
  }
  if (types.some((type) => KEY_TYPES[type] === object.keyType)) {
    return { subject, observed, verdict: 'pass' }
  }
  const wanted = types.map((type) => `CKK_${type}`).join(' or ')
  return { subject, observed, verdict: 'fail', reason: `it must be ${wanted}` }
}

function judgeUses(item: ServiceItem, facts: TokenFacts): Finding {
  const { object, subject } = item
  const { uses } = expectedUse({ ...item, material: item.stored?.material }, facts)
  const right = uses.some((set) => USES.every((use) => isRight(object, use, set.includes(use))))
  const granted = USES.filter((use) => object.flags[use] === true)
  const unknown = USES.filter((use) => object.flags[use] === undefined)
  const observed = [
    granted.length > 0 ? granted.join(' + ') : 'no use',
    ...(unknown.length > 0 ? [`not reported: ${unknown.join(', ')}`] : []),
  ].join('; ')
  if (right) return { subject, observed, verdict: 'pass' }
  return {
    subject,
    observed,
    verdict: 'fail',
    reason: `it must be ${uses.map((set) => set.join(' + ')).join(', or ')} alone`,
  }
}

const CKO_SECRET_KEY = 4

/** A private key has no attribute for what only its public half could do: there, nothing is as good as false. */
function isRight(object: KeyAttributes, use: KeyFlag, wanted: boolean): boolean {
  const seen = object.flags[use]
  return seen === wanted || (seen === undefined && !wanted && object.class !== CKO_SECRET_KEY)
}

function usageCheck(row: {
  readonly id: string
  readonly role: KeyRole
  readonly title: string
  readonly requirements: readonly Requirement[]
}): CheckDefinition & { readonly role: KeyRole } {
  const method = 'CKA_WRAP, UNWRAP, ENCRYPT, DECRYPT, SIGN, VERIFY and DERIVE are read back.'
  return { suite: 'keys', method, ...row }
}
