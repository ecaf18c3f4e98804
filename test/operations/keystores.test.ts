import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { HsmStartError } from '../../src/hsm/start-error.js'
import type { Reply } from '../http/client.js'
import { expectError } from '../http/expect-error.js'
import {
  DOMAIN,
  FOREIGN_DOMAIN,
  FOREIGN_PROJECT,
  PROJECT,
  type TestApp,
  type TestCluster,
  startApp,
} from '../http/start-app.js'
import { workOn } from '../support/due-work.js'
import { createMemoryHsm } from '../support/memory-hsm.js'
import { cmkOf } from '../support/stored-keys.js'

const FOREIGNER = { project: FOREIGN_PROJECT }
const UNKNOWN = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'

/** Tokens outlive the pools that are opened on them: a closed one is opened again with the keys that it had. */
class Cluster implements TestCluster {
  readonly domainId: string | undefined
  readonly hsm = createMemoryHsm()
  failure: Error | undefined
  opened = 0
  closed = 0

  constructor(domainId?: string) {
    this.domainId = domainId
  }

  async open(): Promise<Hsm> {
    this.opened += 1
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (this.failure) throw this.failure
    return new Proxy(this.hsm, { get: (hsm, name) => this.#member(hsm, name) })
  }

  #member(hsm: Hsm, name: string | symbol): unknown {
    const member: unknown = Reflect.get(hsm, name)
    if (typeof member !== 'function') return member
    if (name !== 'close') return (...args: unknown[]) => Reflect.apply(member, hsm, args) as unknown
    return () => {
      this.closed += 1
      return Promise.resolve()
    }
  }
}

let app: TestApp
let clusters: Map<string, Cluster>
beforeEach(async () => {
  clusters = new Map([
    ['first', new Cluster()],
    ['second', new Cluster()],
    ['theirs', new Cluster(FOREIGN_DOMAIN)],
  ])
  app = await startApp({ clusters })
})
afterEach(() => app.close())

function cluster(name: string): Cluster {
  const found = clusters.get(name)
  if (!found) throw new Error('There is no such cluster.')
  return found
}

async function newKeystore(name: string): Promise<string> {
  const body = { keystore_alias: `of-${name}`, hsm_cluster_id: name }
  const reply = await app.call('CreateKeyStore', body)
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)])
  return (reply.json['keystore'] as { keystore_id: string }).keystore_id
}

async function labelsOn(hsm: Hsm): Promise<readonly string[]> {
  return (await hsm.inspectKeys()).map((key) => key.label)
}

function createKey(keystore_id: string, alias = 'inside'): Promise<Reply> {
  return app.call('CreateKey', { key_alias: alias, keystore_id })
}

test('a keystore is registered, listed, shown, enabled, disabled and removed', async () => {
  const keystore_id = await newKeystore('first')
  const details = {
    keystore_id,
    domain_id: DOMAIN,
    keystore_alias: 'of-first',
    keystore_type: 'DHSM',
    hsm_cluster_id: 'first',
    cluster_id: 'first',
    create_time: expect.stringMatching(/^\d{13}$/),
  }
  expect((await app.call('ShowKeyStore', { keystore_id })).json).toEqual({ keystore: details })
  const list = await app.call('ListKeyStores', {})
  expect(list.json).toEqual({ total: 1, keystores: [details] })
  expectError(await createKey(keystore_id), 'KMS.0340')
  const enabled = await app.call('EnableKeyStore', { keystore_id })
  expect(enabled.json).toEqual({ keystore: { keystore_id, keystore_state: '2' } })
  expect((await app.call('EnableKeyStore', { keystore_id })).status).toBe(200)
  expectError(await app.call('DeleteKeyStore', { keystore_id }), 'KMS.0308')
  const disabled = await app.call('DisableKeyStore', { keystore_id })
  expect(disabled.json).toEqual({ keystore: { keystore_id, keystore_state: '3' } })
  expect((await app.call('DisableKeyStore', { keystore_id })).status).toBe(200)
  expect([cluster('first').opened, cluster('first').closed]).toEqual([1, 1])
  const removed = await app.call('DeleteKeyStore', { keystore_id })
  expect([removed.status, removed.text]).toEqual([204, ''])
  expectError(await app.call('ShowKeyStore', { keystore_id }), 'KMS.8003')
  expectError(await createKey(keystore_id), 'KMS.0340')
})

test('keys made in a keystore live and work on its token alone', async () => {
  const keystore_id = await newKeystore('first')
  await app.call('EnableKeyStore', { keystore_id })
  const { json } = await createKey(keystore_id)
  const { key_id } = json['key_info'] as { key_id: string }
  const described = await app.call('ListKeyDetail', { key_id })
  expect(described.json['key_info']).toMatchObject({ keystore_id })
  expect(await labelsOn(cluster('first').hsm)).toEqual(
    expect.arrayContaining(['kms/binding/1', `cmk/${key_id}/1`]),
  )
  expect(await labelsOn(app.service.hsm)).not.toContain(`cmk/${key_id}/1`)
  const datakey = await app.call('CreateDatakey', { key_id, datakey_length: '256' })
  const frame = { key_id, cipher_text: datakey.json['cipher_text'], datakey_cipher_length: '32' }
  const opened = await app.call('DecryptDatakey', frame)
  expect(opened.json['data_key']).toBe(datakey.json['plain_text'])
  await app.call('DisableKeyStore', { keystore_id })
  expect(expectError(await app.call('DecryptDatakey', frame), 'KMS.0340')).toContain('disabled')
  expectError(await app.call('CreateDatakey', { key_id }), 'KMS.0340')
  expect((await app.call('ListKeyDetail', { key_id })).status).toBe(200)
  const refused = expectError(await app.call('DeleteKeyStore', { keystore_id }), 'KMS.0308')
  expect(refused).toContain('1 keys')
  await app.call('EnableKeyStore', { keystore_id })
  expect((await app.call('DecryptDatakey', frame)).json['data_key']).toBe(
    datakey.json['plain_text'],
  )
})

test('a token that cannot be opened leaves the keystore disabled, and the reason in the log', async () => {
  const keystore_id = await newKeystore('first')
  cluster('first').failure = new HsmStartError('token', 'The slot is empty today.')
  const refused = await app.call('EnableKeyStore', { keystore_id })
  expectError(refused, 'KMS.0104')
  expect(refused.text).not.toContain('slot')
  expect(JSON.stringify(app.events())).toContain('The slot is empty today.')
  expectError(await createKey(keystore_id), 'KMS.0340')
  // Every attempt starts a process, so the next one waits.
  expectError(await app.call('EnableKeyStore', { keystore_id }), 'KMS.0104')
  expect(cluster('first').opened).toBe(1)
  cluster('first').failure = undefined
  await new Promise((resolve) => setTimeout(resolve, 2_300))
  expect((await app.call('EnableKeyStore', { keystore_id })).status).toBe(200)
})

test('a PIN that was refused is not tried again', async () => {
  const keystore_id = await newKeystore('first')
  cluster('first').failure = new HsmStartError('pin', 'The PIN is wrong.')
  expectError(await app.call('EnableKeyStore', { keystore_id }), 'KMS.0104')
  await new Promise((resolve) => setTimeout(resolve, 2_300))
  expectError(await app.call('EnableKeyStore', { keystore_id }), 'KMS.0104')
  expect(cluster('first').opened).toBe(1)
})

test('calls that come at once open a token once', async () => {
  const keystore_id = await newKeystore('first')
  await Promise.all([1, 2, 3].map(() => app.call('EnableKeyStore', { keystore_id })))
  expect(cluster('first').opened).toBe(1)
  const made = await Promise.all(['a', 'b', 'c'].map((alias) => createKey(keystore_id, alias)))
  expect(made.map((reply) => reply.status)).toEqual([200, 200, 200])
  expect(cluster('first').opened).toBe(1)
})

test('a keystore that another replica disabled does no work within a second', async () => {
  const keystore_id = await newKeystore('first')
  await app.call('EnableKeyStore', { keystore_id })
  const { json } = await createKey(keystore_id)
  const { key_id } = json['key_info'] as { key_id: string }
  expect((await app.call('CreateDatakey', { key_id })).status).toBe(200)
  const keystore = await app.database.keystores.find(keystore_id)
  if (keystore) await app.database.keystores.replace({ ...keystore, state: '3' })
  await new Promise((resolve) => setTimeout(resolve, 700))
  expectError(await app.call('CreateDatakey', { key_id }), 'KMS.0340')
  expect(cluster('first').closed).toBe(1)
})

test('a token that fails while a keystore works is an outage of its keys alone', async () => {
  const keystore_id = await newKeystore('first')
  await app.call('EnableKeyStore', { keystore_id })
  const { json } = await createKey(keystore_id)
  const { key_id } = json['key_info'] as { key_id: string }
  const { hsm } = cluster('first')
  hsm.generateReadable = () => Promise.reject(new HsmError('unavailable', 'The token is gone.'))
  expectError(await app.call('CreateDatakey', { key_id }), 'KMS.0104')
  const own = await app.createCmk()
  expect((await app.call('CreateDatakey', { key_id: own })).status).toBe(200)
})

test.each([
  [{ hsm_cluster_id: 'nowhere' }, 'KMS.0340'],
  [{ hsm_cluster_id: 'theirs' }, 'KMS.0340'],
  [{ hsm_cluster_id: 'pkcs11:token=x?module-path=/tmp/evil.so' }, 'KMS.0340'],
  [{ hsm_cluster_id: '__proto__' }, 'KMS.0340'],
  [{ hsm_cluster_id: 'n'.repeat(256) }, 'KMS.0340'],
  [{ hsm_cluster_id: undefined }, 'KMS.0204'],
  [{ cluster_id: 'second' }, 'KMS.0308'],
  [{ keystore_type: 'DEFAULT' }, 'KMS.0340'],
  [{ keystore_type: 'HSM' }, 'KMS.0308'],
  [{ keystore_alias: 'a b' }, 'KMS.1101'],
  [{ keystore_alias: undefined }, 'KMS.0204'],
] as const)('registration refuses %j with %s', async (fields, code) => {
  const body = { keystore_alias: 'mine', hsm_cluster_id: 'first', ...fields }
  expectError(await app.call('CreateKeyStore', body), code)
})

test('a cluster has one keystore, and an account one keystore of a name', async () => {
  await newKeystore('first')
  const same = { keystore_alias: 'other', cluster_id: 'first' }
  expectError(await app.call('CreateKeyStore', same), 'KMS.0340')
  const twin = { keystore_alias: 'of-first', cluster_id: 'second', hsm_ca_cert: '-----BEGIN' }
  expectError(await app.call('CreateKeyStore', twin), 'KMS.1104')
  const theirs = { keystore_alias: 'of-first', cluster_id: 'theirs', keystore_type: 'CDMS' }
  expect((await app.call('CreateKeyStore', theirs, FOREIGNER)).status).toBe(200)
})

test('another account neither sees nor touches a keystore', async () => {
  const keystore_id = await newKeystore('first')
  for (const name of ['ShowKeyStore', 'EnableKeyStore', 'DisableKeyStore', 'DeleteKeyStore']) {
    expectError(await app.call(name, { keystore_id }, FOREIGNER), 'KMS.8003')
    expectError(await app.call(name, { keystore_id: UNKNOWN }), 'KMS.8003')
    expectError(await app.call(name, { keystore_id: 'a/b\u0000' }), 'KMS.8003')
  }
  const list = await app.call('ListKeyStores', {}, FOREIGNER)
  expect(list.json).toEqual({ total: 0, keystores: [] })
  await app.call('EnableKeyStore', { keystore_id })
  const body = { key_alias: 'spy', keystore_id }
  expectError(await app.call('CreateKey', body, FOREIGNER), 'KMS.0340')
})

test('keystores are listed by limit and offset', async () => {
  const ids = [await newKeystore('first'), await newKeystore('second')]
  const path = `/v1.0/${PROJECT}/keystores`
  function page(query: string): Promise<Reply> {
    return app.sendSigned('GET', `${path}${query}`, '')
  }
  const first = await page('?limit=1')
  expect(first.json).toMatchObject({ total: 2, keystores: [{ keystore_id: ids[0] }] })
  const second = await page('?limit=1&offset=1')
  expect(second.json).toMatchObject({ total: 2, keystores: [{ keystore_id: ids[1] }] })
  expect((await page('?offset=2')).json).toEqual({ total: 2, keystores: [] })
  expectError(await page('?limit=0'), 'KMS.1601')
  expectError(await page('?limit=x'), 'KMS.1601')
  expectError(await page('?offset=-1'), 'KMS.1603')
})

test('a key that is due while its keystore is disabled is destroyed once it is enabled again', async () => {
  const keystore_id = await newKeystore('first')
  await app.call('EnableKeyStore', { keystore_id })
  const key_id = await app.createCmk({ keystore_id })
  await app.call('DeleteKey', { key_id, pending_days: '7' })
  const dueAt = (await cmkOf(app, key_id)).deletionAt ?? NaN
  await app.call('DisableKeyStore', { keystore_id })
  expect(await workOn(app, dueAt)).toEqual([`destruction ${key_id} failed`])
  expect(await cmkOf(app, key_id)).toMatchObject({ destroyedAt: dueAt, materialGone: false })
  await app.call('EnableKeyStore', { keystore_id })
  const later = dueAt + 5 * 60_000
  expect(await workOn(app, later)).toEqual([`destruction ${key_id} 1`])
  expect(await cmkOf(app, key_id)).toMatchObject({ materialGone: true })
  expect(await workOn(app, later + 5 * 60_000)).toEqual([])
})
