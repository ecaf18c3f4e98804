import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { noToken } from '../support/chosen-token.js'
import { commands } from './life-cycle-commands.js'
import { KeyModel } from './life-cycle-model.js'
import { RestartableService } from './life-cycle-service.js'

/*
 * How many seconds of random sequences each kind of key gets. KMS_MODEL_SECONDS makes the run a long one, e.g. 1800;
 * KMS_MODEL_SEED repeats one that failed.
 */
const SECONDS = Number(process.env['KMS_MODEL_SECONDS'] ?? '12')
const SEED = process.env['KMS_MODEL_SEED']
const MOST_STEPS = 60
/** A failed sequence is made shorter before it is shown. */
const SECONDS_TO_SHRINK = 120

describeUnless(noToken, 'the life cycle of keys on the running service', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: RestartableService

  beforeAll(async () => {
    folder = await newFolder()
    service = await RestartableService.start(join(folder.path, 'var'))
  }, 90_000)
  afterAll(async () => {
    expect(await service.end()).toBe(0)
    await folder.remove()
  })

  test.each(['kms', 'external'] as const)(
    'a key of origin %s goes the ways of the model and no others',
    async (origin) => {
      const sequences = fc.commands([...commands()], { maxCommands: MOST_STEPS, size: 'max' })
      const walk = fc.asyncProperty(sequences, async (steps) => {
        const alias = randomUUID()
        const real = await service.createKey(origin, alias)
        const model = new KeyModel(origin, alias)
        await fc.asyncModelRun(() => ({ model, real }), steps)
      })
      // One sequence at a time, each to its end: one that is cut off would leave the service in the midst of a restart.
      const end = Date.now() + 1000 * SECONDS
      do {
        await fc.assert(walk, {
          numRuns: 1,
          ...(SEED !== undefined && { seed: Number(SEED) }),
        })
      } while (Date.now() < end && SEED === undefined)
    },
    1000 * (SECONDS + SECONDS_TO_SHRINK),
  )
})
