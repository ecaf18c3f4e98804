import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Cmk } from '../../src/core/cmk.js'
import { KmsError } from '../../src/core/errors.js'
import type { ProjectId } from '../../src/core/ids.js'
import {
  type CmkFilter,
  type KeyStore,
  type Page,
  StaleRevision,
} from '../../src/core/key-store.js'
import { insertCmk, newProject, sampleCmk } from './store-samples.js'
import { type DatabaseKind, twoReplicas } from './store-under-test.js'

const QUOTA = 5

/** One step of a sequence; keys are named by the order in which they were made. */
type Step =
  | { readonly do: 'insert'; readonly alias: string; readonly createdAt: number }
  | {
      readonly do: 'replace'
      readonly key: number
      readonly alias: string
      readonly state: Cmk['state']
      readonly lag: number
    }
  | { readonly do: 'list'; readonly filter: CmkFilter; readonly page: Page }
  | { readonly do: 'find'; readonly key: number }

const aliases = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const states = fc.constantFrom<Cmk['state']>('2', '3', '4')
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: insertions() },
  { weight: 3, arbitrary: replacements() },
  { weight: 2, arbitrary: lists() },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('find'), key: fc.nat(6) }) },
)

/** A key store behaves as a plain list in memory does. */
export function keyStoreModelContract(kind: DatabaseKind): void {
  describe('key store beside its model', () => {
    const { first, second } = twoReplicas(kind)

    test('answers every sequence of calls as the model does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 30 }), async (sequence) => {
          const model = new Model(newProject())
          for (const [index, step] of sequence.entries()) {
            const store = index % 2 ? first().keys : second().keys
            expect(await outcomeOf(store, model, step)).toStrictEqual(model.apply(step))
            expect(await store.countByProject(model.project)).toBe(model.cmks.length)
          }
        }),
        { numRuns: 40 },
      )
    })
  })
}

async function outcomeOf(store: KeyStore, model: Model, step: Step): Promise<unknown> {
  try {
    switch (step.do) {
      case 'insert':
        await insertCmk(store, model.prepare(step), QUOTA)
        return undefined
      case 'replace':
        await store.replace(model.changed(step))
        return undefined
      case 'list':
        return await store.list({ projectId: model.project, ...step })
      case 'find':
        return await store.find(model.project, model.at(step.key).id)
    }
  } catch (error) {
    if (error instanceof KmsError) return error.code
    if (error instanceof StaleRevision) return error.name
    throw error
  }
}

/** What a key store is, in memory and without haste. */
class Model {
  readonly project: ProjectId
  cmks: Cmk[] = []
  #prepared: Cmk

  constructor(project: ProjectId) {
    this.project = project
    this.#prepared = sampleCmk({ projectId: project })
  }

  /** Makes the key that the next insertion is about. */
  prepare({ alias, createdAt }: { alias: string; createdAt: number }): Cmk {
    this.#prepared = sampleCmk({ projectId: this.project, alias, createdAt })
    return this.#prepared
  }

  /** A key that was made, or one that nobody made. */
  at(key: number): Cmk {
    return this.cmks[key] ?? this.#prepared
  }

  changed(step: Step & { do: 'replace' }): Cmk {
    const cmk = this.at(step.key)
    return { ...cmk, alias: step.alias, state: step.state, revision: cmk.revision - step.lag }
  }

  apply(step: Step): unknown {
    switch (step.do) {
      case 'insert':
        if (this.cmks.length >= QUOTA) return 'KMS.1105'
        if (this.cmks.some(({ alias }) => alias === step.alias)) return 'KMS.1104'
        this.cmks.push(this.#prepared)
        return undefined
      case 'replace':
        return this.#replace(this.changed(step))
      case 'list':
        return this.#list(step)
      case 'find':
        return this.cmks.find(({ id }) => id === this.at(step.key).id)
    }
  }

  #replace(changed: Cmk): unknown {
    const index = this.cmks.findIndex(({ id }) => id === changed.id)
    if (this.cmks[index]?.revision !== changed.revision) return 'StaleRevision'
    if (this.cmks.some(({ id, alias }) => id !== changed.id && alias === changed.alias)) {
      return 'KMS.1104'
    }
    this.cmks[index] = { ...changed, revision: changed.revision + 1 }
    return undefined
  }

  #list({ filter, page }: { filter: CmkFilter; page: Page }): unknown {
    const matching = this.cmks
      .filter(({ state }) => filter.state === undefined || state === filter.state)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    const cmks = matching.slice(page.offset, page.offset + page.limit)
    return { cmks, total: matching.length }
  }
}

function insertions(): fc.Arbitrary<Step> {
  return fc.record({
    do: fc.constant('insert'),
    alias: aliases,
    createdAt: fc.integer({ min: 1, max: 3 }),
  })
}

function replacements(): fc.Arbitrary<Step> {
  const lag = fc.constantFrom(0, 0, 0, 1)
  return fc.record({
    do: fc.constant('replace'),
    key: fc.nat(4),
    alias: aliases,
    state: states,
    lag,
  })
}

function lists(): fc.Arbitrary<Step> {
  const filter = fc.record({ state: fc.option(states, { nil: undefined }) })
  const page = fc.record({ offset: fc.nat(4), limit: fc.nat(6) })
  return fc.record({ do: fc.constant('list'), filter, page })
}
