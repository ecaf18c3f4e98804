import type { KeyKind } from '../../core/hsm.js'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import type { ServiceItem } from '../inventory.js'
import { serves } from '../requirements.js'
import { KEY_TYPES, type Material } from './expected-use.js'

const CHECK: CheckDefinition = {
  id: 'KEY-ALGORITHM',
  suite: 'keys',
  title: 'Keys are of an approved algorithm, and no shorter than it allows',
  requirements: [
    ...serves('SP 800-131A rev 2', '2', '3', '5', '6', '7', '10'),
    ...serves('SP 800-57 part 1 rev 5', '5.6'),
    ...serves('PCI DSS 4.0', '3.7.1', '12.3.3'),
  ],
  method:
    'CKA_KEY_TYPE and the length of the key (CKA_VALUE_LEN, CKA_MODULUS, CKA_EC_PARAMS) are read back; where the token does not tell the length, that of the store counts. Floor: 112 bits of strength.',
}

/** Least length in bits by CKK_*: SP 800-131A rev 2 sections 2, 3, 7 and 10. */
const FLOORS: ReadonlyMap<number, number> = new Map([
  [KEY_TYPES.AES, 128],
  [KEY_TYPES.GENERIC_SECRET, 112],
  [KEY_TYPES.RSA, 2048],
  [KEY_TYPES.EC, 224],
  [KEY_TYPES.EC_EDWARDS, 256],
])

/** What no NIST document approves, each with what a person has to know. */
const UNAPPROVED: Partial<Readonly<Record<KeyKind | PairAlgorithm, string>>> = {
  secp256k1:
    'SP 800-186 section 3.2.3 allows secp256k1 for distributed ledgers alone: say that it is used for one.',
  sm2: 'SM2 is a Chinese standard, and not approved by NIST: say why it is used.',
  'sm4-wrapping': 'SM4 is a Chinese standard, and not approved by NIST: say why it is used.',
  'hmac-sm3': 'SM3 is a Chinese standard, and not approved by NIST: say why it is used.',
}

const STORED_BITS: Partial<Readonly<Record<KeyKind | PairAlgorithm, number>>> = {
  wrapping: 256,
  binding: 256,
  'hmac-256': 256,
  'hmac-384': 384,
  'hmac-512': 512,
  'rsa-2048': 2048,
  'rsa-3072': 3072,
  'rsa-4096': 4096,
  'ec-p256': 256,
  'ec-p384': 384,
  'ec-p521': 521,
  ed25519: 256,
}

/** Judges algorithm and length of every key of the service. */
export function judgeAlgorithms(items: readonly ServiceItem[]): CheckResult {
  return conclude(CHECK, items.map(judge), {
    nothing: 'There is no key of the service on the token.',
  })
}

function judge({ subject, object, stored }: ServiceItem): Finding {
  const name = stored && nameOf(stored.material)
  const unapproved = name && UNAPPROVED[name]
  if (name && unapproved !== undefined) {
    return { subject, observed: name, verdict: 'manual', reason: unapproved }
  }
  // ML-DSA (FIPS 204): each parameter set is above the floor.
  if (object.keyType === KEY_TYPES.ML_DSA) {
    return { subject, observed: 'ML-DSA', verdict: 'pass' }
  }
  const floor = FLOORS.get(object.keyType)
  const type = typeName(object.keyType)
  if (floor === undefined) {
    const reason = 'It is of no type that a key of the service may have: KEY-TYPE fails.'
    return { subject, observed: type, verdict: 'not-applicable', reason }
  }
  const bits = object.bits ?? (name && STORED_BITS[name])
  if (bits === undefined) {
    const reason = 'The token does not tell the length of the key: find it out at its console.'
    return { subject, observed: `${type}, length not reported`, verdict: 'manual', reason }
  }
  const observed = `${type} of ${bits} bits`
  if (bits >= floor) return { subject, observed, verdict: 'pass' }
  return { subject, observed, verdict: 'fail', reason: `it must have ${floor} bits` }
}

function nameOf(material: Material): KeyKind | PairAlgorithm {
  return material.form === 'secret' ? material.kind : material.algorithm
}

function typeName(keyType: number): string {
  const known = Object.entries(KEY_TYPES).find(([, number]) => number === keyType)
  return known ? known[0] : `type 0x${keyType.toString(16)}`
}
