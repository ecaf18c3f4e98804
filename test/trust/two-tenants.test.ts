import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { digested } from '../support/digested-datakey.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { kmsctl, kmsctlJson } from '../support/kmsctl.js'
import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'

/** How long the tenants hammer at each other. */
const SECONDS = Number(process.env['KMS_HAMMER_SECONDS'] ?? '8')

interface Tenant {
  readonly client: OfficialClient
  readonly keys: string[]
  readonly frames: { readonly keyId: string; readonly cipherText: string; readonly plain: string }[]
}

describeUnless(noToken, 'two tenants with the ids of each other', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  const tenants: Tenant[] = []

  beforeAll(async () => {
    folder = await newFolder()
    const directory = join(folder.path, 'var')
    service = await startServiceProcess(directory, { KMS_CMK_QUOTA: '100000' })
    for (const name of ['acme', 'globex']) {
      await kmsctlJson(directory, 'account', 'create', name)
      await kmsctlJson(directory, 'project', 'create', name, '--account', name)
      const { id = '' } = await kmsctlJson(directory, 'user', 'create', name, '--account', name)
      await kmsctl(directory, ['policy', 'attach', 'system:full-access', id])
      const made = await kmsctlJson(directory, 'access-key', 'create', '--user', id)
      const { access_key_id = '', secret_access_key = '', project_id = '' } = made
      const client = new OfficialClient({
        endpoint: service.url,
        access_key_id,
        secret_access_key,
        project_id,
      })
      tenants.push({ client, keys: [], frames: [] })
    }
  }, 90_000)
  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  test(
    'have not one answer of the other',
    async () => {
      const [one, other] = tenants
      if (!one || !other) throw new Error('There are two tenants.')
      const end = Date.now() + SECONDS * 1000
      const counts = await Promise.all(
        [0, 1, 2, 3].flatMap((lane) => [
          hammer(one, other, `one-${lane}`, end),
          hammer(other, one, `other-${lane}`, end),
        ]),
      )
      expect(Math.min(...counts)).toBeGreaterThan(10)
    },
    SECONDS * 1000 + 60_000,
  )
})

/** Uses its own keys, and tries those of the other; returns how often the other's were refused. */
async function hammer(own: Tenant, other: Tenant, name: string, end: number): Promise<number> {
  let refusals = 0
  for (let turn = 0; Date.now() < end; turn += 1) {
    const keyId = await own.client.createKey(`${name}-${turn}`)
    own.keys.push(keyId)
    const { dek, ...fields } = digested(32)
    const wrapped = await own.client.succeed('encrypt-datakey', { key_id: keyId, ...fields })
    const cipherText = text(wrapped, 'cipher_text')
    own.frames.push({ keyId, cipherText, plain: dek.toString('hex').toUpperCase() })
    for (const frame of [own.frames.at(-1), own.frames.at(Math.floor(turn / 2))]) {
      if (!frame) continue
      const opened = await own.client.succeed('decrypt-datakey', {
        key_id: frame.keyId,
        cipher_text: frame.cipherText,
        datakey_cipher_length: '32',
      })
      expect(text(opened, 'data_key').toUpperCase()).toBe(frame.plain)
    }
    refusals += await tryAll(own, other)
    const { keys } = await own.client.succeed('list-keys', { limit: '1000' })
    const foreign = new Set(other.keys)
    expect((keys as string[]).filter((id) => foreign.has(id))).toEqual([])
  }
  return refusals
}

async function tryAll({ client }: Tenant, other: Tenant): Promise<number> {
  const key_id = other.keys.at(Math.floor(Math.random() * other.keys.length))
  const frame = other.frames.at(Math.floor(Math.random() * other.frames.length))
  if (key_id === undefined || !frame) return 0
  const { plain_text, datakey_plain_length } = digested(16)
  const opening = { cipher_text: frame.cipherText, datakey_cipher_length: '32' }
  const attempts: readonly (readonly [string, Record<string, unknown>])[] = [
    ['describe-key', { key_id }],
    ['encrypt-datakey', { key_id, plain_text, datakey_plain_length }],
    ['decrypt-datakey', { key_id: frame.keyId, ...opening }],
    ['disable-key', { key_id }],
    ['schedule-key-deletion', { key_id, pending_days: '7' }],
    ['create-grant', { key_id, grantee_principal: 'thief', operations: ['describe-key'] }],
    ['list-grants', { key_id }],
  ]
  for (const [operation, data] of attempts) {
    const { status, body } = await client.call(operation, data)
    expect([operation, status, body['error_code']]).toEqual([operation, 404, 'KMS.0207'])
  }
  return attempts.length
}
