import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signRequest } from '../../src/auth/signer.js'
import { type Reply, exchange } from '../http/client.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import {
  type ServiceProcess,
  failToStart,
  startServiceProcess,
} from '../support/service-process.js'
import { chosen, noToken, settingsOf } from '../support/chosen-token.js'
import type { TestToken } from '../support/test-token.js'

describeUnless(noToken, 'keystores', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let own: TestToken
  let second: TestToken
  let environment: Record<string, string>
  let service: ServiceProcess
  let keystoreId: string
  let keyId: string
  let frame: unknown
  let datakey: unknown

  beforeAll(async () => {
    folder = await newFolder()
    own = await chosen.open()
    second = await chosen.open()
    environment = {
      ...settingsOf(own),
      KMS_HSM_CLUSTERS: join(folder.path, 'clusters.json'),
      KMS_AGENTS: '1',
    }
    await setClusters({
      vault: {
        uri: second.uri,
        profile: second.profile,
        agents: 1,
        environment: second.environment,
      },
      away: {
        uri: second.uri.replace(/token=[^?;]*/, 'token=nowhere'),
        profile: second.profile,
        environment: second.environment,
      },
    })
    service = await startServiceProcess(join(folder.path, 'var'), environment)
  }, 120_000)

  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await Promise.all([own.remove(), second.remove(), folder.remove()])
  }, 60_000)

  function setClusters(clusters: unknown): Promise<void> {
    return writeFile(environment['KMS_HSM_CLUSTERS'] ?? '', JSON.stringify(clusters))
  }

  async function request(method: string, path: string, fields?: object): Promise<Reply> {
    const own = service.credentials()
    const body = fields ? JSON.stringify(fields) : ''
    const target = `/v1.0/${own.project_id}${path}`
    const headers = signRequest({
      method,
      url: `${service.url}${target}`,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body),
      accessKeyId: own.access_key_id,
      secretAccessKey: own.secret_access_key,
      projectId: own.project_id,
      now: Date.now(),
    })
    return exchange({ method, origin: service.url, path: target, headers, body })
  }

  async function register(cluster: string): Promise<string> {
    const { json } = await request('POST', '/keystores', {
      keystore_alias: cluster,
      hsm_cluster_id: cluster,
    })
    return (json['keystore'] as { keystore_id: string }).keystore_id
  }

  function change(change: 'enable' | 'disable'): Promise<Reply> {
    return request('POST', `/keystores/${keystoreId}/${change}`)
  }

  function decrypt(): Promise<Reply> {
    const sealed = { cipher_text: frame, datakey_cipher_length: '32' }
    return request('POST', '/kms/decrypt-datakey', { key_id: keyId, ...sealed })
  }

  async function labelsOn(token: TestToken): Promise<readonly string[]> {
    const hsm = await openTestHsm(token, { agents: 1 })
    try {
      return (await hsm.inspectKeys()).map((key) => key.label)
    } finally {
      await hsm.close()
    }
  }

  test('a second token is opened when its keystore is enabled, and not before', async () => {
    keystoreId = await register('vault')
    expect(agentPids(service.pid)).toHaveLength(1)
    const refused = await request('POST', '/kms/create-key', {
      key_alias: 'early',
      keystore_id: keystoreId,
    })
    expect(refused.json['error_code']).toBe('KMS.0340')
    expect((await change('enable')).json).toEqual({
      keystore: { keystore_id: keystoreId, keystore_state: '2' },
    })
    expect(agentPids(service.pid)).toHaveLength(2)
  }, 60_000)

  test('a key made in it is on that token and on no other', async () => {
    const { json } = await request('POST', '/kms/create-key', {
      key_alias: 'inside',
      keystore_id: keystoreId,
    })
    keyId = (json['key_info'] as { key_id: string }).key_id
    const made = await request('POST', '/kms/create-datakey', {
      key_id: keyId,
      datakey_length: '256',
    })
    expect(made.status).toBe(200)
    frame = made.json['cipher_text']
    datakey = made.json['plain_text']
    expect((await decrypt()).json['data_key']).toBe(datakey)
    const there = await labelsOn(second)
    expect([...there].sort()).toEqual([`cmk/${keyId}/1`, 'kms/binding/1'])
    const here = await labelsOn(own)
    expect(here).not.toContain(`cmk/${keyId}/1`)
    expect(here).toContain('kms/binding/1')
  }, 60_000)

  test('a disabled keystore does nothing and lets go of its token, until it is enabled', async () => {
    expect((await change('disable')).status).toBe(200)
    expect((await decrypt()).json['error_code']).toBe('KMS.0340')
    expect(agentPids(service.pid)).toHaveLength(1)
    const refused = await request('DELETE', `/keystores/${keystoreId}`)
    expect(refused.json['error_code']).toBe('KMS.0308')
    expect((await change('enable')).status).toBe(200)
    expect((await decrypt()).json['data_key']).toBe(datakey)
  }, 60_000)

  test('after a restart it opens again on first use, with the binding key that it had', async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    service = await startServiceProcess(join(folder.path, 'var'), environment)
    expect(agentPids(service.pid)).toHaveLength(1)
    const replies = await Promise.all([decrypt(), decrypt(), decrypt()])
    expect(replies.map((reply) => reply.json['data_key'])).toEqual([datakey, datakey, datakey])
    expect(agentPids(service.pid)).toHaveLength(2)
    expect(await labelsOn(second)).toHaveLength(2)
  }, 90_000)

  test('a token that is away neither keeps the service from starting nor disturbs other keys', async () => {
    const away = await register('away')
    const refused = await request('POST', `/keystores/${away}/enable`)
    expect([refused.status, refused.json['error_code']]).toEqual([503, 'KMS.0104'])
    // The log is written in gulps.
    await until(() => service.log().includes('The token of a keystore cannot be opened'))
    expect(await service.end('SIGTERM')).toBe(0)
    await setClusters({ vault: { uri: second.uri.replace(/token=[^?;]*/, 'token=gone') } })
    service = await startServiceProcess(join(folder.path, 'var'), environment)
    expect((await decrypt()).json['error_code']).toBe('KMS.0104')
    const other = await request('POST', '/kms/create-key', { key_alias: 'outside' })
    expect(other.status).toBe(200)
    const ready = await exchange({ method: 'GET', origin: service.url, path: '/health/ready' })
    expect(ready.status).toBe(200)
    expect(await service.end('SIGTERM')).toBe(0)
    await setClusters({})
    service = await startServiceProcess(join(folder.path, 'var'), environment)
    const gone = await decrypt()
    expect(gone.json['error_code']).toBe('KMS.0340')
    expect(gone.json['error_msg']).toContain('withdrawn')
  }, 120_000)

  test('a file of clusters that is wrong stops the start with one line', async () => {
    const path = join(folder.path, 'wrong.json')
    await writeFile(path, '{"vault":{"uri":"token=x"}}')
    const { code, err } = await failToStart({
      KMS_LISTEN: '127.0.0.1:0',
      KMS_DATA_DIR: join(folder.path, 'never'),
      KMS_HSM_CLUSTERS: path,
    })
    expect(err).toMatch(/^KMS_HSM_CLUSTERS: HSM cluster vault: .*\n$/)
    expect(code).toBe(2)
  })
})
