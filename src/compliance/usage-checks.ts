import type { KeyFlag } from '../core/hsm.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from './check.js'
import type { ServiceItem } from './inventory.js'
import type { KeyRole } from './observations.js'

/** Numbers of PKCS#11 v3.1, CK_KEY_TYPE. */
const KEY_TYPES: Readonly<Record<'AES' | 'GENERIC_SECRET', number>> = {
  AES: 0x1f,
  GENERIC_SECRET: 0x10,
}

const USES = [
  'wrap',
  'unwrap',
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'derive',
] as const satisfies readonly KeyFlag[]

const ROLES: Readonly<
  Record<KeyRole, { readonly type: keyof typeof KEY_TYPES; readonly uses: readonly KeyFlag[] }>
> = {
  cmk: { type: 'AES', uses: ['wrap', 'unwrap'] },
  binding: { type: 'GENERIC_SECRET', uses: ['sign', 'verify'] },
  credential: { type: 'AES', uses: ['wrap', 'unwrap'] },
}

const TYPE_CHECK: CheckDefinition = {
  id: 'KEY-TYPE',
  suite: 'keys',
  title: 'Keys are of the type of their algorithm: AES for wrapping, generic secret for HMAC',
  requirement: 'SP 800-57 part 1 section 5.2; PKCS#11 v3.1 CKA_KEY_TYPE',
  method: 'CKA_KEY_TYPE of each key of the service is read back from the token.',
}

const USAGE_CHECKS: readonly (CheckDefinition & { readonly role: KeyRole })[] = [
  usageCheck({
    id: 'KEY-USAGE',
    role: 'cmk',
    title: 'CMKs wrap and unwrap, and do nothing else',
    requirement: 'SP 800-57 part 1 section 5.2 (one key, one use); SP 800-38F',
  }),
  usageCheck({
    id: 'BINDING-KEY-USAGE',
    role: 'binding',
    title: 'Binding keys sign and verify, and do nothing else',
    requirement: 'SP 800-57 part 1 section 5.2 (one key, one use); FIPS 198-1',
  }),
  usageCheck({
    id: 'CREDENTIAL-KEY-USAGE',
    role: 'credential',
    title: 'Credential keys wrap and unwrap, and do nothing else',
    requirement: 'SP 800-57 part 1 section 5.2 (one key, one use); SP 800-38F',
  }),
]

const NOTHING: Readonly<Record<KeyRole, string>> = {
  cmk: 'There is no CMK on the token.',
  binding: 'There is no binding key on the token.',
  credential: 'There is no credential key on the token.',
}

/** Judges what every key of the service can be used for: its own use, and no other. */
export function judgeUsage(items: readonly ServiceItem[]): readonly CheckResult[] {
  return [
    conclude(TYPE_CHECK, items.map(judgeType), {
      nothing: 'There is no key of the service on the token.',
    }),
    ...USAGE_CHECKS.map(({ role, ...definition }) => {
      const findings = items.filter((item) => item.role === role).map(judgeUses)
      return conclude(definition, findings, { nothing: NOTHING[role] })
    }),
  ]
}

function judgeType({ object, role, subject }: ServiceItem): Finding {
  const wanted = ROLES[role].type
  const observed = typeName(object.keyType)
  if (object.keyType === KEY_TYPES[wanted]) return { subject, observed, verdict: 'pass' }
  return { subject, observed, verdict: 'fail', reason: `it must be CKK_${wanted}` }
}

function typeName(keyType: number): string {
  const known = Object.entries(KEY_TYPES).find(([, number]) => number === keyType)
  if (known) return `CKK_${known[0]}`
  return keyType < 0 ? 'not reported' : `0x${keyType.toString(16)}`
}

function judgeUses({ object, role, subject }: ServiceItem): Finding {
  const { uses } = ROLES[role]
  const right = USES.every((use) => object.flags[use] === uses.includes(use))
  const granted = USES.filter((use) => object.flags[use] === true)
  const unknown = USES.filter((use) => object.flags[use] === undefined)
  const observed = [
    granted.length > 0 ? granted.join(' + ') : 'no use',
    ...(unknown.length > 0 ? [`not reported: ${unknown.join(', ')}`] : []),
  ].join('; ')
  if (right) return { subject, observed, verdict: 'pass' }
  return { subject, observed, verdict: 'fail', reason: `it must be ${uses.join(' + ')} alone` }
}

function usageCheck(row: {
  readonly id: string
  readonly role: KeyRole
  readonly title: string
  readonly requirement: string
}): CheckDefinition & { readonly role: KeyRole } {
  const method = 'CKA_WRAP, UNWRAP, ENCRYPT, DECRYPT, SIGN, VERIFY and DERIVE are read back.'
  return { suite: 'keys', method, ...row }
}
