import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { loadHsmClusters } from '../../src/hsm-clusters.js'
import { SettingError } from '../../src/setting.js'
import { inNewFolder } from '../support/folder.js'

const URI = 'pkcs11:token=x?module-path=/m&pin-source=/p'

/** Reads a file of clusters with this text. */
async function load(text: string, environment: Record<string, string> = {}) {
  let clusters: ReturnType<typeof loadHsmClusters> = new Map()
  await inNewFolder(async (folder) => {
    const path = join(folder, 'clusters.json')
    await writeFile(path, text)
    clusters = loadHsmClusters({ ...environment, KMS_HSM_CLUSTERS: path })
  })
  return clusters
}

test('there are no clusters where the settings name no file', () => {
  expect(loadHsmClusters({}).size).toBe(0)
  expect(loadHsmClusters({ KMS_HSM_CLUSTERS: '' }).size).toBe(0)
})

test('a cluster has the profile, the agents and the environment that it is given', async () => {
  const clusters = await load(
    JSON.stringify({
      plain: { uri: URI },
      own: {
        uri: URI,
        agents: 3,
        domain_id: 'account',
        environment: { SOFTHSM2_CONF: '/own.conf' },
      },
    }),
    { SOFTHSM2_CONF: '/service.conf', LD_LIBRARY_PATH: '/lib', SECRET: 'x' },
  )
  expect(clusters.get('plain')).toMatchObject({
    address: { token: 'x', modulePath: '/m', pinFile: '/p' },
    profile: { name: 'softhsm2' },
    agents: 1,
    domainId: undefined,
  })
  expect(clusters.get('plain')?.environment).toEqual({
    SOFTHSM2_CONF: '/service.conf',
    LD_LIBRARY_PATH: '/lib',
  })
  expect(clusters.get('own')).toMatchObject({ agents: 3, domainId: 'account' })
  expect(clusters.get('own')?.environment).toEqual({
    SOFTHSM2_CONF: '/own.conf',
    LD_LIBRARY_PATH: '/lib',
  })
})

test('tokens that the library is told apart by its parameters are two', async () => {
  const uris = ['a', 'b'].map((folder) => `${URI}&x-library-parameters=configdir%3D${folder}`)
  const clusters = await load(JSON.stringify({ a: { uri: uris[0] }, b: { uri: uris[1] } }))
  expect(clusters.size).toBe(2)
})

test.each([
  [
    JSON.stringify({ a: { uri: URI, sessions: 1, agents: 2 } }),
    /this replica was given 1 of the token/,
  ],
  [JSON.stringify({ a: { uri: URI, profile: 'yubihsm2' } }), /HSM cluster a: .*cannot serve/],
  ['{', /not valid JSON/],
  ['[]', /does not fit the schema/],
  [JSON.stringify({ a: { uri: 1 } }), /does not fit the schema/],
  [JSON.stringify({ a: { uri: URI, pin: '1234' } }), /does not fit the schema/],
  [JSON.stringify({ 'a b': { uri: URI } }), /does not fit the schema/],
  [JSON.stringify({ a: { uri: URI, agents: 65 } }), /does not fit the schema/],
  [JSON.stringify({ a: { uri: 'token=x' } }), /HSM cluster a: .*pkcs11:/],
  [JSON.stringify({ a: { uri: `${URI}&pin-value=1234` } }), /HSM cluster a: .*pin-source/],
  [JSON.stringify({ a: { uri: URI, profile: 'none' } }), /HSM cluster a: /],
  [
    JSON.stringify({ a: { uri: URI, environment: { LD_PRELOAD: '/evil.so' } } }),
    /HSM cluster a: .*environment/,
  ],
  [JSON.stringify({ a: { uri: URI }, b: { uri: URI } }), /HSM cluster b: .*another HSM cluster/],
])('the file %j stops the start', async (text, expected) => {
  await expect(load(text)).rejects.toThrow(expected)
  await expect(load(text)).rejects.toThrow(SettingError)
  await expect(load(text)).rejects.toThrow(/^KMS_HSM_CLUSTERS: [^\n]*$/)
  await expect(load(text)).rejects.not.toThrow(/1234|evil/)
})

test('a file that cannot be read stops the start', () => {
  expect(() => loadHsmClusters({ KMS_HSM_CLUSTERS: '/nowhere/clusters.json' })).toThrow(
    /^KMS_HSM_CLUSTERS: .*readable JSON file/,
  )
})
