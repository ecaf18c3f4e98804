import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Cmk, KEY_STATES, type KeyState, requireUsable } from '../../src/core/cmk.js'
import { KmsError } from '../../src/core/errors.js'
import {
  cancelDeletion,
  describe as redescribe,
  disable,
  enable,
  rename,
  scheduleDeletion,
} from '../../src/core/life-cycle.js'
import { changeInterval, disableRotation, enableRotation } from '../../src/core/rotation.js'
import { cmkWith } from '../support/sample-cmk.js'

const NOW = 1_800_000_000_000

type Answer = KeyState | `KMS.${string}`
type Row = Record<KeyState, Answer>

const ENABLED_ONLY: Row = {
  '1': 'KMS.1301',
  '2': '2',
  '3': 'KMS.0209',
  '4': 'KMS.0210',
  '5': 'KMS.1301',
}
const NOT_PENDING: Row = { '1': '1', '2': '2', '3': '3', '4': 'KMS.0210', '5': '5' }

/** The life cycle as a table: what each step answers in each state, and the state after it. */
const MODEL = {
  enable: { '1': 'KMS.1201', '2': 'KMS.1201', '3': '2', '4': 'KMS.0210', '5': 'KMS.1201' },
  disable: { '1': 'KMS.1301', '2': '3', '3': 'KMS.1301', '4': 'KMS.0210', '5': 'KMS.1301' },
  use: ENABLED_ONLY,
  scheduleDeletion: { '1': '4', '2': '4', '3': '4', '4': 'KMS.1402', '5': '4' },
  cancelDeletion: {
    '1': 'KMS.1501',
    '2': 'KMS.1501',
    '3': 'KMS.1501',
    '4': '3',
    '5': 'KMS.1501',
  },
  rename: NOT_PENDING,
  describe: NOT_PENDING,
  enableRotation: ENABLED_ONLY,
  disableRotation: ENABLED_ONLY,
  changeInterval: ENABLED_ONLY,
} as const satisfies Record<string, Row>

type Name = keyof typeof MODEL

const STEPS: Readonly<Record<Name, (cmk: Cmk) => Cmk>> = {
  enable,
  disable,
  use(cmk) {
    requireUsable(cmk, 'ENCRYPT_DECRYPT')
    return cmk
  },
  scheduleDeletion: (cmk) => scheduleDeletion(cmk, { days: 7, now: NOW }),
  cancelDeletion: (cmk) => cancelDeletion(cmk, { materialComplete: true }),
  rename: (cmk) => rename(cmk, 'other'),
  describe: (cmk) => redescribe(cmk, 'other'),
  enableRotation: (cmk) => enableRotation(cmk, NOW),
  disableRotation,
  changeInterval: (cmk) => changeInterval(cmk, 30),
}

interface Model {
  state: KeyState
  rotating: boolean
}

interface Real {
  cmk: Cmk
}

class Step implements fc.Command<Model, Real> {
  readonly #name: Name

  constructor(name: Name) {
    this.#name = name
  }

  check(): boolean {
    return true
  }

  run(model: Model, real: Real): void {
    const before = real.cmk
    const copy = structuredClone(before)
    const after = attempt(() => STEPS[this.#name](before))
    expect(before).toEqual(copy)
    const expected = answerOf(this.#name, model)
    if (after instanceof KmsError) {
      expect(after.code).toBe(expected)
      return
    }
    expect(after.state).toBe(expected)
    if (this.#name === 'enableRotation') model.rotating = true
    if (this.#name === 'disableRotation') model.rotating = false
    // A date stands in the row if, and only if, the work will be done at it.
    expect(after.deletionAt !== undefined).toBe(after.state === '4')
    expect(after.rotation.enabled).toBe(model.rotating)
    expect(after.rotation.nextAt !== undefined).toBe(model.rotating)
    // What is no step's business stays as it was.
    expect(after).toMatchObject({ id: copy.id, currentVersion: copy.currentVersion, revision: 3 })
    real.cmk = after
    model.state = after.state
  }

  toString(): string {
    return this.#name
  }
}

/** The state is judged first, and then whether rotation is on. */
function answerOf(name: Name, { state, rotating }: Model): Answer {
  const answer = MODEL[name][state]
  if (answer.startsWith('KMS.')) return answer
  if (name === 'enableRotation' && rotating) return 'KMS.2901'
  if ((name === 'disableRotation' || name === 'changeInterval') && !rotating) return 'KMS.0313'
  return answer
}

test('a CMK goes the ways of the table and no others', () => {
  const names = Object.keys(MODEL) as Name[]
  const steps = fc.commands(names.map((name) => fc.constant(new Step(name))))
  fc.assert(
    fc.property(fc.constantFrom(...KEY_STATES), steps, (state, commands) => {
      const deletionAt = state === '4' ? NOW : undefined
      const cmk = cmkWith({ state, deletionAt })
      fc.modelRun(() => ({ model: { state, rotating: false }, real: { cmk } }), commands)
    }),
    { numRuns: 300 },
  )
})

function attempt(run: () => Cmk): Cmk | KmsError {
  try {
    return run()
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
}
