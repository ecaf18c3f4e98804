import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { CallWatch } from '../../src/core/call-watch.js'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { Service } from '../../src/core/service.js'
import { watchedService } from '../../src/core/watched-service.js'
import { type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

function watch() {
  const heard: string[] = []
  const port: CallWatch = {
    store(name, run) {
      heard.push(name)
      return run()
    },
    hsm(run) {
      heard.push('hsm')
      return run()
    },
  }
  return { heard, port }
}

function namesOf(port: object): readonly string[] {
  return Object.keys(port).sort()
}

test('has all that operations may use, every store and the HSM by a view of its own', () => {
  const view = watchedService(app.service)(watch().port)
  for (const name of ['bindingKeys', 'clock', 'region', 'cmkQuota', 'grantQuota'] as const) {
    expect(view[name]).toBe(app.service[name])
  }
  expect(view.aliasListForm).toBe(app.service.aliasListForm)
  expect(view.tokens.clusters).toBe(app.service.tokens.clusters)
  expect(view.tokens.homes()).toEqual(app.service.tokens.homes())
  const stores = ['keys', 'aliases', 'tags', 'grants', 'keystores', 'importPairs'] as const
  for (const name of [...stores, 'accessPoints', 'keyPolicies', 'hsm'] as const) {
    expect(view[name]).not.toBe(app.service[name])
    for (const member of namesOf(app.service[name])) expect(member in view[name]).toBe(true)
  }
})

test('shows operations nothing of what else the service is made of', () => {
  expect('accessKeys' in app.service && 'sealedSecrets' in app.service).toBe(true)
  const view = watchedService(app.service)(watch().port)
  expect('accessKeys' in view || 'sealedSecrets' in view || 'close' in view).toBe(false)
})

test('hears of calls to stores and to the HSM, and passes on what they answer', async () => {
  const { heard, port } = watch()
  const view = watchedService(app.service)(port)
  expect(await view.keys.countByProject(app.service.region as never)).toBe(0)
  expect(await view.hsm.random(7)).toHaveLength(7)
  const { hsm } = await view.tokens.of('0')
  expect(await hsm.random(3)).toHaveLength(3)
  expect(hsm.limits).toBe(app.service.hsm.limits)
  expect(view.hsm.status()).toEqual(app.service.hsm.status())
  expect(view.credentials.hsm).toBe(view.hsm)
  expect(heard.filter((one) => one !== 'hsm')).toEqual(['keys.countByProject'])
  expect(heard.filter((one) => one === 'hsm')).toHaveLength(3)
})

test('two keys on one token are seen to be on one, as operations ask', async () => {
  const view = watchedService(app.service)(watch().port)
  const [one, other] = [await view.tokens.of('0'), await view.tokens.of('0')]
  expect(one.hsm).toBe(other.hsm)
})

test('a method that a prototype lends is passed on, and its error', async () => {
  const failing = Object.create(app.service.hsm, {
    random: { value: () => Promise.reject(new HsmError('busy', 'full')) },
  }) as Hsm
  const service: Service = { ...app.service, hsm: failing }
  const { heard, port } = watch()
  const view = watchedService(service)(port)
  await expect(view.hsm.random(1)).rejects.toThrow('full')
  expect(view.hsm.limits).toBe(app.service.hsm.limits)
  expect(heard).toEqual(['hsm'])
})

test('keeps two calls apart', async () => {
  const views = watchedService(app.service)
  const [one, other] = [watch(), watch()]
  await Promise.all([views(one.port).hsm.random(1), views(other.port).keys.versions('x' as never)])
  expect([one.heard, other.heard]).toEqual([['hsm'], ['keys.versions']])
})
