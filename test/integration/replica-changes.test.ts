import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { projectId } from '../../src/core/ids.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { type ClientCredentials, text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { postgresBinaries } from '../support/postgres.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { CLUSTER, type TwoReplicas, startTwoReplicas } from './two-replicas.js'

/** No call that begins so long after a change was answered may find the state before it, on any replica. */
const BOUND_MS = 1000
const LANES = 6
const STANDING_CLOCK = fileURLToPath(new URL('../support/standing-clock.js', import.meta.url))

const reason = !softHsmModule()
  ? 'SoftHSM is not installed'
  : postgresBinaries() === undefined
    ? 'PostgreSQL is not installed'
    : undefined

describeUnless(reason, 'a change made on one replica holds on the other, under load', () => {
  let replicas: TwoReplicas
  let owner: OneConnection
  let userId: string
  let domainId: string
  let policyId: string
  let user: ClientCredentials

  beforeAll(async () => {
    replicas = await startTwoReplicas({
      // Its time of day stands still: a memory that went by it would never end.
      other: {
        KMS_HTTP_PROCESSES: '2',
        KMS_AGENTS: '2',
        NODE_OPTIONS: `--import=${STANDING_CLOCK}`,
      },
    })
    owner = new OneConnection(replicas.first(replicas.one))
    const { kmsctl, other } = replicas
    domainId = (await kmsctl('account', 'create', 'acme'))['id'] ?? ''
    await kmsctl('project', 'create', 'acme', '--account', 'acme')
    userId = (await kmsctl('user', 'create', 'alice', '--account', 'acme'))['id'] ?? ''
    policyId = 'system:full-access'
    await replicas.database.policies.attach({ userId, policyId })
    const made = await kmsctl('access-key', 'create', '--user', userId)
    const { access_key_id = '', secret_access_key = '', project_id = '' } = made
    user = { endpoint: other.url, access_key_id, secret_access_key, project_id }
  }, 240_000)
  afterAll(async () => {
    owner.close()
    await replicas.close()
  }, 60_000)

  /** Calls the other replica without pause, over several connections, while a change is made. */
  async function watch(
    credentials: ClientCredentials,
    call: (client: OneConnection) => ReturnType<OneConnection['call']>,
    change: () => Promise<unknown>,
  ): Promise<void> {
    const seen: { readonly at: number; readonly status: number }[] = []
    let running = true
    const lanes = Array.from({ length: LANES }, async () => {
      const client = new OneConnection(credentials)
      while (running) {
        const at = performance.now()
        const { status } = await call(client)
        seen.push({ at, status })
      }
      client.close()
    })
    // What is opened or read at first is there, and the calls go on for longer than anything is remembered.
    await until(() => seen.filter(({ status }) => status === 200).length >= 3 * LANES, 30_000)
    await pause(600)
    await change()
    const changedAt = performance.now()
    await pause(BOUND_MS + 1000)
    running = false
    await Promise.all(lanes)
    const before = seen.filter(({ at }) => at < changedAt - 100)
    const after = seen.filter(({ at }) => at >= changedAt + BOUND_MS)
    expect(before.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
    expect(after.length).toBeGreaterThan(0)
    const lastGood = Math.max(...seen.filter(({ status }) => status === 200).map(({ at }) => at))
    expect(lastGood - changedAt).toBeLessThan(BOUND_MS)
    expect(new Set(after.map(({ status }) => status)).has(200)).toBe(false)
    // What refuses is the change, and not an outage.
    expect(Math.max(...after.map(({ status }) => status))).toBeLessThan(500)
  }

  function encryptUnder(keyId: string) {
    const { plain_text, datakey_plain_length } = digested(32)
    return (client: OneConnection) =>
      client.call('encrypt-datakey', { key_id: keyId, plain_text, datakey_plain_length })
  }

  async function createKey(alias: string, fields: object = {}): Promise<string> {
    const { body } = await owner.call('create-key', { key_alias: alias, ...fields })
    return text(body['key_info'], 'key_id')
  }

  async function must(answer: ReturnType<OneConnection['call']>) {
    const { status, body } = await answer
    expect([status, body]).toEqual([200, expect.anything()])
    return body
  }

  test.each([
    ['a key that is disabled', 'disable-key', {}],
    ['a key whose deletion is scheduled', 'schedule-key-deletion', { pending_days: '7' }],
  ])(
    '%s',
    async (_name, operation, fields) => {
      const key_id = await createKey(operation)
      await watch(replicas.first(replicas.other), encryptUnder(key_id), () =>
        must(owner.call(operation, { key_id, ...fields })),
      )
    },
    60_000,
  )

  test('a grant that is revoked', async () => {
    const key_id = await createKey('granted')
    const { grant_id } = await must(
      owner.call('create-grant', {
        key_id,
        grantee_principal: userId,
        operations: ['encrypt-datakey'],
      }),
    )
    await watch(user, encryptUnder(key_id), () =>
      must(owner.call('revoke-grant', { key_id, grant_id })),
    )
  }, 60_000)

  test('a keystore that is disabled', async () => {
    const made = await owner.send('POST', 'keystores', {
      keystore_alias: 'vault',
      hsm_cluster_id: CLUSTER,
    })
    const keystore_id = text(made.body['keystore'], 'keystore_id')
    await must(owner.send('POST', `keystores/${keystore_id}/enable`))
    const key_id = await createKey('in-a-keystore', { keystore_id })
    await watch(replicas.first(replicas.other), encryptUnder(key_id), () =>
      must(owner.send('POST', `keystores/${keystore_id}/disable`)),
    )
  }, 60_000)

  function listing(client: OneConnection) {
    return client.call('list-keys', {})
  }

  test('an access key that is disabled', async () => {
    const { accessKeys } = replicas.database
    await watch(user, listing, () => accessKeys.setState(user.access_key_id, 'disabled'))
    await accessKeys.setState(user.access_key_id, 'active')
  }, 60_000)

  test('a policy that is detached', async () => {
    const { policies } = replicas.database
    await watch(user, listing, () => policies.detach({ userId, policyId }))
    await policies.attach({ userId, policyId })
  }, 60_000)

  test('a policy that is replaced by one that denies', async () => {
    const { policies } = replicas.database
    const policy = {
      id: 'ab'.repeat(16),
      domainId,
      name: 'changing',
      document: documentOf('allow'),
      createdAt: 0,
      revision: 1,
    }
    await policies.insert(policy)
    await policies.attach({ userId, policyId: policy.id })
    await watch(user, listing, () => policies.replace({ ...policy, document: documentOf('deny') }))
    await policies.detach({ userId, policyId: policy.id })
  }, 60_000)

  test.each(['user', 'account', 'project'] as const)(
    'a disabled %s',
    async (kind) => {
      const { identities } = replicas.database
      async function set(state: 'active' | 'disabled'): Promise<void> {
        if (kind === 'user') {
          const found = await identities.findUser(userId)
          if (found) await identities.replaceUser({ ...found, state })
        } else if (kind === 'project') {
          const found = await identities.findProject(projectId(user.project_id))
          if (found) await identities.replaceProject({ ...found, state })
        } else {
          const found = await identities.findAccount(domainId)
          if (found) await identities.replaceAccount({ ...found, state })
        }
      }
      await watch(user, listing, () => set('disabled'))
      await set('active')
    },
    60_000,
  )
})

function documentOf(effect: 'allow' | 'deny'): string {
  return JSON.stringify({
    version: '1',
    statements: [{ effect, actions: ['kms:*'], resources: ['*'] }],
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
