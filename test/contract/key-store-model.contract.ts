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
  | {
      readonly do: 'insert'
      readonly alias: string
      readonly createdAt: number
      readonly spec: Cmk['spec']
      readonly enterpriseProjectId: string
    }
  | {
      readonly do: 'replace'
      readonly key: number
      readonly alias: string
      readonly state: Cmk['state']
      readonly enterpriseProjectId: string
      readonly lag: number
    }
  | { readonly do: 'destroy'; readonly key: number }
  | { readonly do: 'list'; readonly filter: CmkFilter; readonly page: Page }
  | { readonly do: 'find'; readonly key: number }

const aliases = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const specs = fc.constantFrom<Cmk['spec']>('AES_256', 'EC_P256')
const enterpriseProjects = fc.constantFrom('0', 'other')
const states = fc.constantFrom<Cmk['state']>('2', '3', '4')
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: insertions() },
  { weight: 3, arbitrary: replacements() },
  { weight: 2, arbitrary: lists() },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('find'), key: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('destroy'), key: fc.nat(4) }) },
)

/** A key store behaves as a plain list in memory does. */
export function keyStoreModelContract(kind: DatabaseKind): void {
  describe('key store beside its model', () => {
    const { first, second } = twoReplicas(kind)

    test('answers every sequence of calls as the model does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (sequence) => {
          const model = new Model(newProject())
          for (const [index, step] of sequence.entries()) {
            const store = index % 2 ? first().keys : second().keys
            expect(await outcomeOf(store, model, step)).toStrictEqual(model.apply(step))
            expect(await store.countByProject(model.project)).toBe(model.live().length)
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
      case 'destroy':
        await store.replace(model.destroyed(step))
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
  prepare({ alias, createdAt, spec, enterpriseProjectId }: Step & { do: 'insert' }): Cmk {
    const stated = { alias, createdAt, spec, enterpriseProjectId }
    this.#prepared = sampleCmk({ projectId: this.project, ...stated })
    return this.#prepared
  }

  /** A key that was made, or one that nobody made. */
  at(key: number): Cmk {
    return this.cmks[key] ?? this.#prepared
  }

  changed(step: Step & { do: 'replace' }): Cmk {
    const { alias, state, enterpriseProjectId } = step
    const cmk = this.at(step.key)
    return { ...cmk, alias, state, enterpriseProjectId, revision: cmk.revision - step.lag }
  }

  destroyed(step: Step & { do: 'destroy' }): Cmk {
    return { ...this.at(step.key), destroyedAt: 1 }
  }

  /** The keys that are no tombstones. */
  live(): Cmk[] {
    return this.cmks.filter(({ destroyedAt }) => destroyedAt === undefined)
  }

  apply(step: Step): unknown {
    switch (step.do) {
      case 'insert':
        if (this.live().length >= QUOTA) return 'KMS.1105'
        if (this.live().some(({ alias }) => alias === step.alias)) return 'KMS.1104'
        this.cmks.push(this.#prepared)
        return undefined
      case 'replace':
        return this.#replace(this.changed(step))
      case 'destroy':
        return this.#replace(this.destroyed(step))
      case 'list':
        return this.#list(step)
      case 'find':
        return this.cmks.find(({ id }) => id === this.at(step.key).id)
    }
  }

  #replace(changed: Cmk): unknown {
    const index = this.cmks.findIndex(({ id }) => id === changed.id)
    if (this.cmks[index]?.revision !== changed.revision) return 'StaleRevision'
    const others = this.live().filter(({ id }) => id !== changed.id)
    // The name of a tombstone is nobody's.
    if (changed.destroyedAt === undefined && others.some(({ alias }) => alias === changed.alias)) {
      return 'KMS.1104'
    }
    this.cmks[index] = { ...changed, revision: changed.revision + 1 }
    return undefined
  }

  #list({ filter, page }: { filter: CmkFilter; page: Page }): unknown {
    const { state, spec, enterpriseProjectId } = filter
    const matching = this.live()
      .filter((cmk) => state === undefined || cmk.state === state)
      .filter((cmk) => spec === undefined || cmk.spec === spec)
      .filter(
        (cmk) =>
          enterpriseProjectId === undefined || cmk.enterpriseProjectId === enterpriseProjectId,
      )
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
    spec: specs,
    enterpriseProjectId: enterpriseProjects,
  })
}

function replacements(): fc.Arbitrary<Step> {
  const lag = fc.constantFrom(0, 0, 0, 1)
  return fc.record({
    do: fc.constant('replace'),
    key: fc.nat(4),
    alias: aliases,
    state: states,
    enterpriseProjectId: enterpriseProjects,
    lag,
  })
}

function lists(): fc.Arbitrary<Step> {
  const filter = fc.record({
    state: fc.option(states, { nil: undefined }),
    spec: fc.option(specs, { nil: undefined }),
    enterpriseProjectId: fc.option(enterpriseProjects, { nil: undefined }),
  })
  const page = fc.record({ offset: fc.nat(4), limit: fc.nat(6) })
  return fc.record({ do: fc.constant('list'), filter, page })
}
