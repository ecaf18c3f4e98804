import { expect } from '@jest/globals'
import fc from 'fast-check'
import type { KeyModel } from './life-cycle-model.js'
import type { RealKey } from './life-cycle-service.js'

type Command = fc.AsyncCommand<KeyModel, RealKey>

/** Materials to import, by their numbers: few, so that the same one comes again. */
const MATERIALS = [0, 1, 2].map((number) => new Uint8Array(32).fill(number + 1))

/** Every step that a client can take with a key, and restarts of the service between them. */
export function commands(): readonly fc.Arbitrary<Command>[] {
  const interval = fc.integer({ min: 30, max: 365 })
  const name = fc.uuid()
  return [
    ...STEPS.map(([operation, expected]) => always(operation, expected)),
    fc
      .nat({ max: 2 })
      .map((material) =>
        step(`import ${material}`, (model, key) => importStep(model, key, material)),
      ),
    interval.map((days) =>
      step(`interval ${days}`, async (model, key) => [
        model.setInterval(days),
        await key.call('update-key-rotation-interval', { rotation_interval: days }),
      ]),
    ),
    name.map((alias) =>
      step('rename', async (model, key) => [
        model.rename(alias),
        await key.call('update-key-alias', { key_alias: alias }),
      ]),
    ),
    name.map((text) =>
      step('redescribe', async (model, key) => [
        model.redescribe(text),
        await key.call('update-key-description', { key_description: text }),
      ]),
    ),
    fc.constant(step('encrypt', async (model, key) => [model.use(), await key.encrypt()])),
    fc.nat({ max: 100 }).map((index) => ({
      check: () => true,
      async run(model: KeyModel, key: RealKey) {
        if (key.frames > 0) expect(await key.decrypt(index)).toBe(model.use())
      },
      toString: () => `decrypt ${index}`,
    })),
    fc.constantFrom('SIGTERM' as const, 'SIGKILL' as const).map((signal) => ({
      check: () => true,
      run: (_model: KeyModel, key: RealKey) => key.service.restart(signal),
      toString: () => `restart after ${signal}`,
    })),
  ]
}

const STEPS: readonly (readonly [string, (model: KeyModel) => string | undefined])[] = [
  ['enable-key', (model) => model.enable()],
  ['disable-key', (model) => model.disable()],
  ['schedule-key-deletion', (model) => model.schedule()],
  ['cancel-key-deletion', (model) => model.cancel()],
  ['rotate-on-demand', (model) => model.rotate()],
  ['enable-key-rotation', (model) => model.setRotation(true)],
  ['disable-key-rotation', (model) => model.setRotation(false)],
  ['delete-imported-key-material', (model) => model.deleteMaterial()],
]

function always(
  operation: string,
  expected: (model: KeyModel) => string | undefined,
): fc.Arbitrary<Command> {
  const fields = operation === 'schedule-key-deletion' ? { pending_days: '7' } : {}
  return fc.constant(
    step(operation, async (model, key) => [expected(model), await key.call(operation, fields)]),
  )
}

/** One step: what the model answers and what the service does must be the same, and so must be what it shows then. */
function step(
  title: string,
  run: (
    model: KeyModel,
    key: RealKey,
  ) => Promise<readonly [wanted: string | undefined, seen: string | undefined]>,
): Command {
  return {
    check: () => true,
    async run(model, key) {
      const [wanted, seen] = await run(model, key)
      expect({ title, code: seen }).toEqual({ title, code: wanted })
      await expectShown(model, key)
    },
    toString: () => title,
  }
}

async function importStep(model: KeyModel, key: RealKey, number: number) {
  const parameters = model.askForParameters()
  const wanted = parameters ?? model.import(number)
  return [wanted, await key.import(MATERIALS[number] ?? new Uint8Array(32), parameters)] as const
}

async function expectShown(model: KeyModel, key: RealKey): Promise<void> {
  const { body } = await key.read('describe-key')
  expect(body['key_info']).toMatchObject({
    key_state: model.state,
    key_alias: model.alias,
    key_description: model.description,
    key_rotation_enabled: String(model.rotating),
    origin: model.origin,
  })
  const status = await key.read('get-key-rotation-status')
  expect(status.body).toMatchObject({
    key_rotation_enabled: model.rotating,
    number_of_rotations: model.rotations,
    rotation_interval: model.interval,
  })
}
