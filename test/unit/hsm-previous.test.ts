import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config.js'
import { loadPreviousToken } from '../../src/hsm-previous.js'
import { shareOf } from '../../src/process-share.js'
import { SettingError } from '../../src/setting.js'
import { newFolder } from '../support/folder.js'

const URI = 'pkcs11:token=old?module-path=/m.so&pin-source=file:/pin'

let folder: Awaited<ReturnType<typeof newFolder>>
beforeAll(async () => {
  folder = await newFolder()
})
afterAll(() => folder.remove())

function settings(file: unknown): Readonly<Record<string, string>> {
  const path = join(folder.path, 'previous.json')
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
  return { KMS_HSM_PREVIOUS: path, SOFTHSM2_CONF: '/service.conf' }
}

test('there is none where the setting is not set', () => {
  expect(loadPreviousToken({})).toBeUndefined()
  expect(loadPreviousToken({ KMS_HSM_PREVIOUS: '' })).toBeUndefined()
})

test('is described as an HSM cluster is', () => {
  const environment = { SOFTHSM2_CONF: '/old.conf' }
  expect(loadPreviousToken(settings({ uri: URI, agents: 3, environment }))).toMatchObject({
    address: { token: 'old', pinFile: '/pin' },
    profile: { name: 'softhsm2' },
    agents: 3,
    environment,
  })
  expect(loadPreviousToken(settings({ uri: URI }))).toMatchObject({
    agents: 1,
    environment: { SOFTHSM2_CONF: '/service.conf' },
  })
})

test.each([
  ['no JSON', '{', /not valid JSON/],
  ['without a URI', {}, /schema of the previous token/],
  ['for one account', { uri: URI, domain_id: 'd' }, /schema of the previous token/],
  ['of an unknown profile', { uri: URI, profile: 'nothing' }, /neither the name of a profile/],
  ['with a slot number', { uri: `pkcs11:slot-id=1?${URI.split('?')[1]}` }, /slot/],
  [
    'with a variable of its own',
    { uri: URI, environment: { PATH: '/' } },
    /may name SOFTHSM2_CONF/,
  ],
])('a file %s is refused by the name of the setting', (_what, file, sentence) => {
  const environment = settings(file)
  expect(() => loadPreviousToken(environment)).toThrow(SettingError)
  expect(() => loadPreviousToken(environment)).toThrow(sentence)
  expect(() => loadPreviousToken(environment)).toThrow(/^KMS_HSM_PREVIOUS: /)
})

test('its agents are shared by the HTTP processes, one at least for each', () => {
  const many = { KMS_HTTP_PROCESSES: '2', KMS_AGENTS: '2' }
  const config = loadConfig({ ...settings({ uri: URI, agents: 3 }), ...many })
  expect([0, 1].map((index) => shareOf(config, index).hsmPrevious?.agents)).toEqual([2, 1])
  const few = settings({ uri: URI, agents: 1 })
  expect(() => loadConfig({ ...few, ...many })).toThrow(/needs an agent of its own/)
})
