import { type Attempt, type Hsm, HsmError, type HsmFailure } from '../core/hsm.js'
import { sha256 } from '../core/datakey.js'
import { isServiceItem, takeInventory } from './inventory.js'
import { canCompare, provenKinds } from './known-answer-checks.js'
import type { Answer, Observations, StoredKey, TokenFacts } from './observations.js'
import { type SettledView, readSettled } from './settled-view.js'
import type { KeyRecords } from './stored-keys.js'

/** Attempts are made on so many keys at most; the report says so where there are more. */
const MAX_TRIED = 1000

/** What the token says of one key ends the question about that key, not the run. */
const ABOUT_THE_KEY: readonly HsmFailure[] = [
  'key-missing',
  'not-authentic',
  'unsuitable',
  'unsupported',
  'fault',
]

/** What is observed, and how. */
export interface Observed {
  readonly hsm: Pick<
    Hsm,
    'identity' | 'inspectKeys' | 'knownAnswers' | 'attempts' | 'checkValue' | 'publicKey'
  >
  readonly records: KeyRecords
  readonly facts: TokenFacts
  /** Gives a call that is under way the time to end. */
  readonly pause: () => Promise<void>
  /** Keys that attempts are made on. Default 1000. */
  readonly maxTried?: number
}

/**
 * Asks token and store everything that the checks judge. It leaves nothing on the token and changes nothing.
 *
 * @throws HsmError or StoreUnavailable when it could not be asked to the end
 */
export async function observe(parts: Observed): Promise<Observations> {
  const { hsm, facts } = parts
  const identity = await hsm.identity()
  const knownAnswers = await hsm.knownAnswers()
  const view = await readSettled(parts)
  return {
    identity,
    facts,
    knownAnswers,
    ...view,
    checkValues: await readCheckValues(parts, { ...view, knownAnswers }),
    attempts: await makeAttempts(parts, view),
  }
}

async function readCheckValues(
  { hsm }: Observed,
  { stored, objects, knownAnswers }: SettledView & Pick<Observations, 'knownAnswers'>,
): Promise<Observations['checkValues']> {
  const proven = provenKinds(knownAnswers)
  const counts = new Map<string, number>()
  for (const { id } of objects) counts.set(id, (counts.get(id) ?? 0) + 1)
  const answers = new Map<string, Answer<Uint8Array>>()
  for (const { id, key, material, checkValue } of stored) {
    // Which of two objects would answer is chance, and a mechanism that fails its tests answers nothing of worth.
    if (counts.get(id) !== 1 || checkValue === undefined || !canCompare(material, proven)) continue
    answers.set(id, await answerOf(checkValueOf(hsm, { key, material })))
  }
  return answers
}

async function checkValueOf(
  hsm: Observed['hsm'],
  { key, material }: Pick<StoredKey, 'key' | 'material'>,
): Promise<Uint8Array> {
  if (material.form === 'secret') return hsm.checkValue({ key, kind: material.kind })
  return sha256(await hsm.publicKey(key))
}

async function makeAttempts(
  { hsm, maxTried = MAX_TRIED }: Observed,
  view: SettledView,
): Promise<Observations['attempts']> {
  const attempts = new Map<string, Answer<readonly Attempt[]>>()
  const items = takeInventory(view).filter(isServiceItem)
  const own = items.filter(({ role }) => role !== 'cmk')
  const cmks = items.filter(({ role }) => role === 'cmk')
  const chosen = [...own, ...spread(cmks, Math.max(1, maxTried - own.length))]
  for (const { object, key } of chosen) {
    attempts.set(
      object.id,
      key
        ? await answerOf(hsm.attempts(key))
        : { error: 'The CKA_ID names no key, so that it cannot be asked for.' },
    )
  }
  return attempts
}

/** So many of a list at most, evenly spread over it. */
function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items
  return items.filter(
    (_, at) =>
      Math.floor((at * most) / items.length) !== Math.floor(((at - 1) * most) / items.length),
  )
}

async function answerOf<Value>(call: Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await call }
  } catch (error) {
    if (!(error instanceof HsmError) || !ABOUT_THE_KEY.includes(error.failure)) throw error
    return { error: error.message }
  }
}
