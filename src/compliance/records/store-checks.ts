import type { KeyKind } from '../../core/hsm.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import { type InventoryItem, expectedLabel, subjectOf } from '../inventory.js'
import { canCompare, provenKinds } from '../known-answers/known-answer-checks.js'
import type { Observations, StoredKey } from '../observations.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'

const ASSOCIATION = serves('SP 800-57 part 1 rev 5', '6.2')

const SUBSTITUTION = [...serves('FIPS 140-3', '7.9.1'), ...serves('PCI DSS 4.0', '3.7.7')]

const MISSING = check({
  id: 'STORE-MISSING',
  title: 'Every key that the store names is on the token',
  requirements: ASSOCIATION,
  method: 'Each version of each CMK and each key of the service is looked up by its CKA_ID.',
})
const DUPLICATE = check({
  id: 'STORE-DUPLICATE',
  title: 'No two objects on the token have the same CKA_ID',
  requirements: [...ASSOCIATION, ...SUBSTITUTION],
  method: 'The objects on the token are counted by CKA_ID: which of two would answer is chance.',
})
const ORPHAN = check({
  id: 'STORE-ORPHAN',
  title: 'Every key object on the token is explained by the store',
  requirements: [
    ...serves('SP 800-57 part 1 rev 5', '6.2', '9.1'),
    ...serves('PCI DSS 4.0', '3.6.1.4'),
  ],
  method:
    'Each object of a secret or private key is looked up in the store by its CKA_ID; what a call under way may explain is looked at again.',
})
const LABEL = check({
  id: 'STORE-LABEL',
  title: 'The label of every key says what its CKA_ID says',
  requirements: [...ASSOCIATION, ...serves('PKCS#11 v3.1', '4.4', '4.7')],
  method: 'CKA_LABEL is compared with the label that the key of this CKA_ID must have.',
})
const CHECK_VALUE = check({
  id: 'STORE-CHECK-VALUE',
  title: 'Every key on the token is the one that the store recorded',
  requirements: [...SUBSTITUTION, ...ASSOCIATION],
  method: 'A known answer is computed with the key and compared with the one of its generation.',
})

const EMPTY_STORE = 'The store names no key.'

/** Compares what the store says with what is on the token. */
export function judgeStore(
  items: readonly InventoryItem[],
  observations: Pick<Observations, 'stored' | 'checkValues' | 'knownAnswers'>,
): readonly CheckResult[] {
  const { stored } = observations
  const proven = provenKinds(observations.knownAnswers)
  const objects = byObjectId(items)
  const labelled = items.filter((item) => item.role !== undefined)
  return [
    conclude(
      MISSING,
      stored.map((key) => judgePresence(key, objects)),
      { nothing: EMPTY_STORE },
    ),
    conclude(DUPLICATE, judgeDuplicates(objects), { nothing: 'There is no key on the token.' }),
    conclude(ORPHAN, items.map(judgeExplained), { nothing: 'There is no key on the token.' }),
    conclude(LABEL, labelled.map(judgeLabel), {
      nothing: 'There is no key of the service on the token.',
    }),
    conclude(
      CHECK_VALUE,
      stored.map((key) =>
        judgeCheckValue(key, { objects, proven, seen: observations.checkValues }),
      ),
      { nothing: EMPTY_STORE },
    ),
  ]
}

type ObjectsById = ReadonlyMap<string, readonly InventoryItem[]>

function byObjectId(items: readonly InventoryItem[]): ObjectsById {
  const groups = new Map<string, InventoryItem[]>()
  for (const item of items) {
    const group = groups.get(item.object.id)
    if (group) group.push(item)
    else groups.set(item.object.id, [item])
  }
  return groups
}

function judgePresence(key: StoredKey, objects: ObjectsById): Finding {
  const subject = subjectOf(key)
  return objects.has(key.id)
    ? { subject, observed: 'on the token', verdict: 'pass' }
    : { subject, observed: 'not on the token', verdict: 'fail' }
}

function judgeDuplicates(objects: ObjectsById): readonly Finding[] {
  // An object without a CKA_ID is nobody's double; no row explains it.
  return [...objects].flatMap(([id, [first, ...others]]) => {
    if (id === '' || !first) return []
    const number = 1 + others.length
    return [
      number === 1
        ? { subject: first.subject, observed: '1 object', verdict: 'pass' }
        : { subject: first.subject, observed: `${number} objects`, verdict: 'fail' },
    ] satisfies Finding[]
  })
}

function judgeExplained({ subject, stored }: InventoryItem): Finding {
  return stored
    ? { subject, observed: 'in the store', verdict: 'pass' }
    : { subject, observed: 'not in the store', verdict: 'fail' }
}

function judgeLabel(item: InventoryItem): Finding {
  const { subject } = item
  const wanted = expectedLabel(item)
  if (wanted === undefined) {
    return { subject, observed: 'a CKA_ID that names no key', verdict: 'fail' }
  }
  if (wanted === item.object.label) return { subject, observed: 'fits', verdict: 'pass' }
  const reason = `the label must be ${printable(wanted)}`
  return { subject, observed: 'does not fit', verdict: 'fail', reason }
}

function judgeCheckValue(
  key: StoredKey,
  known: {
    readonly objects: ObjectsById
    readonly proven: ReadonlySet<KeyKind>
    readonly seen: Observations['checkValues']
  },
): Finding {
  const subject = subjectOf(key)
  const omission = omissionOf(key, known)
  if (omission !== undefined) {
    return { subject, observed: 'not compared', verdict: 'not-applicable', reason: omission }
  }
  const answer = known.seen.get(key.id)
  if (answer === undefined || 'error' in answer) {
    const observed = printable(answer?.error ?? 'no answer')
    return { subject, observed, verdict: 'fail', reason: 'the token could not compute it' }
  }
  return Buffer.from(answer.value).equals(key.checkValue ?? new Uint8Array(0))
    ? { subject, observed: 'equal', verdict: 'pass' }
    : { subject, observed: 'another one', verdict: 'fail', reason: 'the material was exchanged' }
}

function omissionOf(
  { id, material, checkValue }: StoredKey,
  known: { readonly objects: ObjectsById; readonly proven: ReadonlySet<KeyKind> },
): string | undefined {
  const number = known.objects.get(id)?.length ?? 0
  if (number === 0) return 'Not on the token: STORE-MISSING fails.'
  if (number > 1) return 'Several objects have the CKA_ID: STORE-DUPLICATE fails.'
  if (checkValue === undefined) return 'The store keeps no check value of a pair for imports.'
  if (canCompare(material, known.proven)) return undefined
  return 'The token fails the known-answer tests of what computes it.'
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'store', ...row }
}
