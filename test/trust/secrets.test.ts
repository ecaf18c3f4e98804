import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newTenantId } from '../../src/core/ids.js'
import { operations } from '../../src/operations/index.js'
import { lackOfCase } from '../conformance/api/lack-of-case.js'
import { prepare } from '../conformance/api/preparations.js'
import {
  type ServiceUnderTest,
  startServiceUnderTest,
} from '../conformance/api/service-under-test.js'
import { CASES } from '../conformance/api/tables.js'
import { type JsonObject, fill } from '../conformance/api/value.js'
import { exchange } from '../http/client.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { kmsctl, kmsctlJson } from '../support/kmsctl.js'
import { limits } from '../support/lacks.js'
import { OfficialClient } from '../support/official-client.js'
import { noToken, pinsOf } from '../support/chosen-token.js'
import { type TestIssuer, startTestIssuer } from '../support/token-issuer.js'
import { wrapMaterial } from '../support/wrap-material.js'
import { MarkedSecrets } from './marked-secrets.js'

const PASSWORD = 'marked password with "quotes" and blanks'
const PIN = 'marked-PIN-of-a-data-key'
const CLEAR_TEXT = 'a marked clear text that nobody may keep'

/** Files that hold a secret because they are where it belongs; all have the mode 0600. */
const HOMES = ['credentials.json', 'softhsm/']
/** Kinds of secrets that a run of everything has. */
const KINDS = [
  'PIN of a data key',
  'PIN of the token',
  'bearer token',
  'clear text',
  'data_key answered',
  'datakey answered',
  'imported material',
  'password',
  'pin answered',
  'plain_text answered',
  'plain_text sent',
  'plain_text_base64 answered',
  'private_key answered',
  ...(limits.maxPairBytes > 0 ? ['private_key_plain_text answered'] : []),
  'random_data answered',
  'secret access key',
  'security token',
  'shared_secret answered',
  'temporary secret',
  'token of the issuer',
]

describeUnless(noToken, 'secrets of a whole run', () => {
  const secrets = new MarkedSecrets()
  let folder: Awaited<ReturnType<typeof newFolder>>
  let issuer: TestIssuer
  let service: ServiceUnderTest
  let told = ''

  beforeAll(async () => {
    folder = await newFolder()
    issuer = await startTestIssuer()
    const domainId = newTenantId()
    const file = join(folder.path, 'issuer.json')
    writeFileSync(file, JSON.stringify(issuer.settings(domainId)))
    service = await startServiceUnderTest({
      environment: { KMS_LOG_LEVEL: 'trace', KMS_OIDC_CONFIG: file },
      watch: (body, reply) => {
        secrets.watch(body, reply)
        if (reply.status >= 400) told += reply.text
      },
    })
    await useIdentities(domainId)
  }, 120_000)
  afterAll(async () => {
    await service.close()
    issuer.close()
    await folder.remove()
  })

  async function useIdentities(domainId: string): Promise<void> {
    const { dataDirectory, process: running, api } = service
    secrets.keep('secret access key', api.credentials.secret_access_key)
    for (const pin of await pinsOf(dataDirectory)) secrets.keep('PIN of the token', pin)
    const file = join(folder.path, 'password')
    writeFileSync(file, PASSWORD, { mode: 0o600 })
    secrets.keep('password', PASSWORD)
    const set = await kmsctl(dataDirectory, ['user', 'password', 'first', '--file', file])
    const temporary = await kmsctlJson(dataDirectory, 'access-key', 'create', '--temporary', '900')
    secrets.keep('security token', temporary['security_token'] ?? '')
    secrets.keep('temporary secret', temporary['secret_access_key'] ?? '')
    await useBearerToken()
    for (const args of [
      ['account', 'create', 'oidc', '--id', domainId],
      ['project', 'create', 'team', '--account', 'oidc'],
      ['user', 'create', 'alice', '--account', 'oidc'],
    ])
      await kmsctlJson(dataDirectory, ...args)
    const token = await issuer.token('alice', 'team')
    secrets.keep('token of the issuer', token)
    const projects = await exchange({
      method: 'GET',
      origin: running.url,
      path: '/v3/projects',
      headers: { 'x-auth-token': token },
    })
    expect(projects.status).toBe(200)
    told += set.out + set.err + projects.text
  }

  async function useBearerToken(): Promise<void> {
    const { api, process: running } = service
    const { project_id, user_id } = api.credentials
    const identity = {
      methods: ['password'],
      password: { user: { id: user_id, password: PASSWORD } },
    }
    const { headers, text } = await exchange({
      method: 'POST',
      origin: running.url,
      path: '/v3/auth/tokens',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, scope: { project: { id: project_id } } } }),
    })
    const token = String(headers['x-subject-token'])
    secrets.keep('bearer token', token)
    expect((await api.withToken(token, project_id).call('ListKeys')).status).toBe(200)
    told += text
  }

  test('every operation is called, in every way that the conformance cases know', async () => {
    const called = new Set<string>()
    const cases = CASES.filter((one) => lackOfCase(one) === undefined)
    for (const { operation, given, fields, headers } of cases) {
      const known = await prepare(service.api, given)
      await service.api.call(operation, fill(fields ?? {}, known) as JsonObject, { ...headers })
      called.add(operation)
    }
    expect([...called].sort()).toEqual(operations.map(({ name }) => name).sort())
  }, 600_000)

  test('secrets of our own are used where they belong, and where they do not', async () => {
    const { api, process: running } = service
    const made = await api.succeed('CreateKey', { key_alias: 'secrets' })
    const key_id = (made['key_info'] as JsonObject)['key_id']
    secrets.keep('PIN of a data key', PIN)
    await api.call('CreateEcDatakeyPair', {
      key_id,
      key_spec: 'ECC_NIST_P256',
      pin: PIN,
      pin_type: 'PlainText',
      with_plain_text: true,
    })
    await api.succeed('EncryptDatakey', {
      key_id,
      ...digested(32),
      pin: PIN,
      pin_type: 'PlainText',
    })
    secrets.keep('clear text', CLEAR_TEXT)
    const sealed = await api.succeed('EncryptData', { key_id, plain_text: CLEAR_TEXT })
    await api.succeed('DecryptData', { cipher_text: sealed['cipher_text'] })
    await importMarked()
    for (const [operation, fields] of [
      ['EncryptDatakey', { key_id, plain_text: 'ab'.repeat(48), datakey_plain_length: '16' }],
      ['DecryptData', { cipher_text: CLEAR_TEXT }],
      ['DecryptDatakey', { key_id, cipher_text: PASSWORD, datakey_cipher_length: '16' }],
      ['CreateKey', { key_alias: PASSWORD }],
      ['ListKeyDetail', { key_id: PASSWORD }],
    ] as const) {
      const { status } = await api.call(operation, fields)
      expect([operation, status]).toEqual([operation, 400])
    }
    const wrong = new OfficialClient({ ...api.credentials, secret_access_key: PASSWORD })
    told += JSON.stringify(await wrong.call('list-keys', {}))
    const path = encodeURI(`/v1.0/${PASSWORD}/kms/list-keys`)
    told += (await exchange({ method: 'POST', origin: running.url, path })).text
  }, 60_000)

  async function importMarked(): Promise<void> {
    const { api } = service
    const made = await api.succeed('CreateKey', { key_alias: 'imported', origin: 'external' })
    const key_id = (made['key_info'] as JsonObject)['key_id']
    const wrapping_algorithm = 'RSAES_OAEP_SHA_256'
    const parameters = await api.succeed('CreateParametersForImport', {
      key_id,
      wrapping_algorithm,
    })
    const material = randomBytes(32)
    secrets.keep('imported material', material.toString('hex'))
    await api.succeed('ImportKeyMaterial', wrapMaterial(parameters, material))
  }

  function expectNone(where: string, content: string): void {
    expect([where, secrets.findIn(content)]).toEqual([where, []])
  }

  test('the run had secrets of every kind', () => {
    expect(KINDS.filter((kind) => !secrets.kinds.has(kind))).toEqual([])
  })

  test('are found where somebody does put them', () => {
    for (const spelling of [
      PIN,
      Buffer.from(CLEAR_TEXT).toString('base64'),
      JSON.stringify(PASSWORD),
      encodeURIComponent(PASSWORD),
    ]) {
      expect(secrets.findIn(`before ${spelling} behind`)).toHaveLength(1)
    }
  })

  test('are in no file but their own', () => {
    const { dataDirectory } = service
    const entries = readdirSync(dataDirectory, { recursive: true, withFileTypes: true })
    const paths = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    expect(paths.length).toBeGreaterThan(4)
    for (const path of paths) {
      const relative = path.slice(dataDirectory.length + 1)
      if (HOMES.some((home) => relative.startsWith(home))) continue
      const bytes = readFileSync(path)
      expectNone(relative, bytes.toString('latin1'))
      expectNone(relative, bytes.toString('utf8'))
    }
  }, 60_000)

  test('are in no log, no answer to a refused call, no metric', async () => {
    const { process: running } = service
    await until(() => running.log().includes('ImportKeyMaterial'))
    const metrics = await exchange({ method: 'GET', origin: running.url, path: '/metrics' })
    expectNone('log', running.log())
    expectNone('standard error', running.errors())
    expectNone('answers', told)
    expectNone('metrics', metrics.text)
  }, 60_000)

  test('are in no argument and no environment of a process', () => {
    const { pid } = service.process
    const pids = [pid, ...agentPids(pid)]
    expect(pids.length).toBeGreaterThan(1)
    for (const one of pids) {
      for (const list of ['cmdline', 'environ']) {
        expectNone(`${one} ${list}`, readFileSync(`/proc/${one}/${list}`, 'latin1'))
      }
    }
  })

  test('would be in no core file, of the service or of an agent', () => {
    const { pid } = service.process
    for (const one of [pid, ...agentPids(pid)]) {
      expect(readFileSync(`/proc/${one}/coredump_filter`, 'utf8').trim()).toBe('00000000')
    }
  })
})
