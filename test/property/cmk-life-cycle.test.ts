import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type Cmk,
  KEY_STATES,
  type KeyState,
  disable,
  enable,
  requireUsable,
} from '../../src/core/cmk.js'
import { KmsError } from '../../src/core/errors.js'
import { newKeyId, projectId } from '../../src/core/ids.js'

/** The life cycle as a table: what each step answers in each state, and the state after it. */
const MODEL = {
  enable: { '1': 'KMS.1201', '2': 'KMS.1201', '3': '2', '4': 'KMS.0210', '5': 'KMS.1201' },
  disable: { '1': 'KMS.1301', '2': '3', '3': 'KMS.1301', '4': 'KMS.0210', '5': 'KMS.1301' },
  use: { '1': 'KMS.1301', '2': '2', '3': 'KMS.0209', '4': 'KMS.0210', '5': 'KMS.1301' },
} as const satisfies Record<string, Record<KeyState, KeyState | `KMS.${string}`>>

const STEPS = {
  enable,
  disable,
  use(cmk: Cmk): Cmk {
    requireUsable(cmk, 'ENCRYPT_DECRYPT')
    return cmk
  },
} as const

interface Model {
  state: KeyState
}

interface Real {
  cmk: Cmk
}

class Step implements fc.Command<Model, Real> {
  readonly #name: keyof typeof STEPS

  constructor(name: keyof typeof STEPS) {
    this.#name = name
  }

  check(): boolean {
    return true
  }

  run(model: Model, real: Real): void {
    const expected = MODEL[this.#name][model.state]
    const before = real.cmk
    const copy = { ...before }
    const after = attempt(() => STEPS[this.#name](before))
    expect(before).toEqual(copy)
    if (after instanceof KmsError) {
      expect(after.code).toBe(expected)
      return
    }
    expect(after).toEqual({ ...copy, state: expected })
    real.cmk = after
    model.state = after.state
  }

  toString(): string {
    return this.#name
  }
}

test('a CMK goes the ways of the table and no others', () => {
  const steps = fc.commands([
    fc.constant(new Step('enable')),
    fc.constant(new Step('disable')),
    fc.constant(new Step('use')),
  ])
  fc.assert(
    fc.property(fc.constantFrom(...KEY_STATES), steps, (state, commands) => {
      fc.modelRun(() => ({ model: { state }, real: { cmk: cmkIn(state) } }), commands)
    }),
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

function cmkIn(state: KeyState): Cmk {
  return {
    id: newKeyId(),
    projectId: projectId('p'.repeat(32)),
    domainId: 'domain',
    alias: 'alias',
    description: 'description',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    state,
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
    currentVersion: 2,
    createdAt: 1_700_000_000_000,
    revision: 5,
  }
}
