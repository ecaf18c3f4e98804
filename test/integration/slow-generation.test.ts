import { expect, test } from '@jest/globals'
import { agentPids, until } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { faultyStand, whyNoStand } from '../support/fault-injector/faulty-stand.js'
import { ConnectionLost, OfficialClient } from '../support/official-client.js'
import { readyAgents } from '../support/ready-agents.js'

/** Longer than the default of KMS_HSM_TIMEOUT_MS. */
const SLOW_MS = 6_000
const DEADLINE_MS = 5_000
/** What SIGTERM promises. */
const PROMISE_MS = 10_000

const RSA = { key_spec: 'RSA_4096', key_usage: 'SIGN_VERIFY' }
const EC = { key_spec: 'EC_P256', key_usage: 'SIGN_VERIFY' }

describeUnless(whyNoStand, 'a token that is slow to generate pairs', () => {
  const stand = faultyStand()

  /** A service with the deadlines of the defaults, unless told, and a key of it. */
  async function start(settings: Readonly<Record<string, string>> = {}) {
    const own = await stand.start({
      ...settingsOf(stand.token),
      KMS_AGENTS: '2',
      ...settings,
    })
    const client = new OfficialClient(own.credentials())
    const key_id = await client.createKey('meanwhile')
    // An agent proves the token first, for which it generates pairs as well.
    await until(async () => (await readyAgents(own)) === 2)
    return { own, client, key_id }
  }

  /** Wraps data keys until a call has ended; each must be served in time. */
  async function serveMeanwhile(client: OfficialClient, key_id: string, call: Promise<unknown>) {
    const calling = { over: false }
    void call.finally(() => (calling.over = true)).catch(() => undefined)
    while (!calling.over) {
      const { plain_text, datakey_plain_length } = digested(32)
      const began = performance.now()
      const answer = await client.call('encrypt-datakey', {
        key_id,
        plain_text,
        datakey_plain_length,
      })
      expect(answer.status).toBe(200)
      expect(performance.now() - began).toBeLessThan(DEADLINE_MS)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  test('makes them all the same, and serves other calls meanwhile', async () => {
    const { own, client, key_id } = await start()
    const agents = agentPids(own.pid)
    const slow = { delayMicroseconds: 1000 * SLOW_MS }
    stand.faults.inject({ function: 'C_GenerateKeyPair' }, slow)
    const began = performance.now()
    const made = client.call('create-key', { key_alias: 'slow', ...RSA })
    await serveMeanwhile(client, key_id, made)
    expect(await made).toMatchObject({ status: 200 })
    expect(performance.now() - began).toBeGreaterThanOrEqual(SLOW_MS)
    // The calls that follow in the same request have what the generation did not take from them.
    const pair = client.call('create-rsa-datakey-pair', { key_id, key_spec: 'RSA_2048' })
    await serveMeanwhile(client, key_id, pair)
    expect(await pair).toMatchObject({ status: 200 })
    expect(agentPids(own.pid)).toEqual(agents)
  }, 180_000)

  test('is given up at the limit, and loses one agent by that', async () => {
    const { own, client, key_id } = await start({
      KMS_HSM_GENERATION_TIMEOUT_MS: String(SLOW_MS),
    })
    const agents = agentPids(own.pid)
    stand.faults.inject({ function: 'C_GenerateKeyPair', count: 1 }, { hang: 'for-ever' })
    const began = performance.now()
    const lost = client.call('create-key', { key_alias: 'lost', ...EC })
    await serveMeanwhile(client, key_id, lost)
    expect(await lost).toMatchObject({
      status: 503,
      retryAfter: '1',
      body: { error_code: 'KMS.0104' },
    })
    expect(performance.now() - began).toBeGreaterThanOrEqual(SLOW_MS)
    expect(performance.now() - began).toBeLessThan(SLOW_MS + 2_000)
    await until(() => agentPids(own.pid).filter((pid) => !agents.includes(pid)).length === 1)
    expect(await client.call('create-key', { key_alias: 'made', ...EC })).toMatchObject({
      status: 200,
    })
    expect(agentPids(own.pid).filter((pid) => agents.includes(pid))).toHaveLength(1)
  }, 180_000)

  test('does not keep the service from its end', async () => {
    const { own, client } = await start()
    const hung = stand.faults.inject({ function: 'C_GenerateKeyPair' }, { hang: 'until-removed' })
    const lost = client.call('create-key', { key_alias: 'lost', ...EC }).then(
      ({ status }) => status,
      (error: unknown) => error,
    )
    await until(() => hung.hits() > 0)
    const began = performance.now()
    expect(await own.end('SIGTERM')).toBe(0)
    expect(performance.now() - began).toBeLessThan(PROMISE_MS)
    const outcome = await lost
    if (outcome !== 503) expect(outcome).toBeInstanceOf(ConnectionLost)
  }, 120_000)
})
