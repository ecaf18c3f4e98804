import type { Hsm } from '../core/hsm.js'
import type { Attempt } from '../core/hsm-inspection.js'
import { sha256 } from '../core/datakey.js'
import type { Mode } from './check.js'
import { tryFrames } from './ciphertext/try-frames.js'
import { type InventoryItem, isServiceItem, takeInventory } from './inventory.js'
import { askVectors } from './known-answers/ask-vectors.js'
import { canCompare, provenKinds } from './known-answers/known-answer-checks.js'
import type { VectorFile } from './known-answers/vector-case.js'
import type { Observations, StoredKey, TokenFacts } from './observations.js'
import { drawRandom } from './random/draw-random.js'
import { type SettledView, readSettled } from './records/settled-view.js'
import type { KeyRecords } from './records/stored-keys.js'
import { type Answer, type Seen, answerOf } from './seen.js'
import type { Surroundings, SurroundingsSeen } from './surroundings.js'

/** Attempts are made on so many keys at most; the report says so where there are more. */
const MAX_TRIED = 1000

const CREATES =
  'It creates objects on the token, which a run that is read-only does not: run with --full on a throw-away token of the same kind.'
const NO_IMPORTS =
  'The profile says that the token imports no secret keys: a key whose value is known cannot be had.'
const NOT_LOOKED: { readonly omitted: string } = { omitted: 'This run does not look at it.' }

/** What is observed, and how. */
export interface Observed {
  readonly hsm: Hsm
  readonly records: KeyRecords
  readonly facts: TokenFacts
  readonly mode: Mode
  /** Gives a call that is under way the time to end. */
  readonly pause: () => Promise<void>
  /** Keys that attempts are made on. Default 1000. */
  readonly maxTried?: number
  /** Files of published vectors; nothing where no folder was named. */
  readonly vectorFiles?: readonly VectorFile[] | undefined
  /** What is around token and store. Without it nobody looks there. */
  readonly surroundings?: Surroundings
  /** Told what is being looked at, in a few words. */
  readonly progress?: (step: string) => void
}

/**
 * Asks the token, the store and what is around them everything that the checks judge. Where the mode is read-only nothing
 * is created; a full run makes throw-away keys and destroys them. Neither leaves anything, and neither changes a key.
 *
 * @throws HsmError or StoreUnavailable when it could not be asked to the end
 */
export async function observe(parts: Observed): Promise<Observations> {
  const { hsm, facts, mode, progress = () => undefined } = parts
  progress('token')
  const identity = await hsm.identity()
  const tokenState = await hsm.tokenState()
  progress('known answers')
  const knownAnswers = await hsm.knownAnswers()
  const vectors = await whenFull(mode, () => answerOf(askVectors(hsm, parts.vectorFiles)))
  progress('random')
  const random = await drawRandom(hsm)
  progress('keys and store')
  const view = await readSettled(parts)
  const checkValues = await readCheckValues(parts, { ...view, knownAnswers })
  progress('attempts')
  const attempts = await makeAttempts(parts, view)
  const attacks = await whenFull(mode, () => answerOf(hsm.apiAttacks()))
  progress('ciphertext')
  const frames = await whenFull(mode, () => framesOf(hsm))
  const around = await lookAround(parts)
  return {
    mode,
    identity,
    tokenState,
    facts,
    knownAnswers,
    vectors,
    random,
    ...view,
    checkValues,
    attempts,
    attacks,
    frames,
    ...around,
  }
}

async function whenFull<Value>(mode: Mode, look: () => Promise<Seen<Value>>): Promise<Seen<Value>> {
  return mode === 'full' ? await look() : { omitted: CREATES }
}

async function framesOf(hsm: Hsm): Promise<Observations['frames']> {
  const { imports, algorithms } = hsm.limits
  if (!imports.includes('secrets') || !algorithms.includes('rsa-2048')) {
    return { omitted: NO_IMPORTS }
  }
  return await answerOf(tryFrames(hsm))
}

async function lookAround({ surroundings, progress }: Observed): Promise<SurroundingsSeen> {
  if (!surroundings) {
    return {
      auditLog: NOT_LOOKED,
      lifeCycle: NOT_LOOKED,
      rights: NOT_LOOKED,
      transport: NOT_LOOKED,
      build: NOT_LOOKED,
    }
  }
  progress?.('life cycle and access')
  const lifeCycle = await surroundings.lifeCycle()
  const rights = await surroundings.rights()
  progress?.('listener')
  const transport = await surroundings.transport()
  progress?.('audit log')
  const auditLog = await surroundings.auditLog()
  progress?.('build')
  return { lifeCycle, rights, transport, auditLog, build: await surroundings.build() }
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
  if (material.form === 'secret') return await hsm.checkValue({ key, kind: material.kind })
  return sha256(await hsm.publicKey(key))
}

async function makeAttempts(
  { hsm, mode, maxTried = MAX_TRIED }: Observed,
  view: SettledView,
): Promise<Observations['attempts']> {
  const attempts = new Map<string, Answer<readonly Attempt[]>>()
  const items = takeInventory(view).filter(isServiceItem)
  const own = items.filter(({ role }) => role !== 'cmk')
  const cmks = items.filter(({ role }) => role === 'cmk')
  const chosen = [...own, ...spread(cmks, Math.max(1, maxTried - own.length))]
  const keks = items.filter(isWrapping)
  for (const { object, key } of chosen) {
    const under = keks.find((kek) => kek.object.id !== object.id)?.key
    attempts.set(
      object.id,
      key
        ? await answerOf(hsm.attempts(key, { creating: mode === 'full', under }))
        : { error: 'The CKA_ID names no key, so that it cannot be asked for.' },
    )
  }
  return attempts
}

/** A wrapping key that the store knows: what another key may be tried to be wrapped under. */
function isWrapping({ stored, key, object }: InventoryItem): boolean {
  const material = stored?.material
  const wraps = material?.form === 'secret' && material.kind === 'wrapping'
  return wraps && key !== undefined && object.flags.wrap === true
}

/** So many of a list at most, evenly spread over it. */
function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items
  return items.filter(
    (_, at) =>
      Math.floor((at * most) / items.length) !== Math.floor(((at - 1) * most) / items.length),
  )
}
