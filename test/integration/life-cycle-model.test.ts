import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { commands } from './life-cycle-commands.js'
import { KeyModel } from './life-cycle-model.js'
import { type RealKey, RestartableService } from './life-cycle-service.js'

/**
 * How many random sequences are walked, of how many steps at most. KMS_MODEL_RUNS makes the run a long one, e.g. 200;
 * KMS_MODEL_SEED repeats one that failed.
 */
const RUNS = Number(process.env['KMS_MODEL_RUNS'] ?? '6')
const SEED = process.env['KMS_MODEL_SEED']
const MOST_STEPS = 40
const MS_FOR_EACH_RUN = 60_000

describeUnless(
  softHsmModule() ? undefined : 'SoftHSM is not installed',
  'the life cycle of keys on the running service',
  () => {
    let folder: Awaited<ReturnType<typeof newFolder>>
    let service: RestartableService

    beforeAll(async () => {
      folder = await newFolder()
      service = await RestartableService.start(join(folder.path, 'var'))
    }, 90_000)
    afterAll(async () => {
      await service.end()
      await folder.remove()
    })

    test.each(['kms', 'external'] as const)(
      'a key of origin %s goes the ways of the model and no others',
      async (origin) => {
        await fc.assert(
          fc.asyncProperty(
            fc.commands([...commands()], { maxCommands: MOST_STEPS, size: 'max' }),
            async (steps) => {
              const real: RealKey = await service.createKey(origin)
              await fc.asyncModelRun(() => ({ model: new KeyModel(origin), real }), steps)
              await real.expectAllFramesToOpen()
            },
          ),
          { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) },
        )
        expect(await service.errors()).toBe('')
      },
      RUNS * MS_FOR_EACH_RUN,
    )
  },
)
