import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { postgresBinaries } from '../support/postgres.js'
import type { ServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { type TwoReplicas, startTwoReplicas } from './two-replicas.js'

/** How long the database is away. */
const AWAY_MS = 2_000
/** How long an answer may take while it is: it says no, and waits for nothing. */
const FAST_MS = 1_500
const WHOLE_AGAIN_MS = 1_000

const reason = !softHsmModule()
  ? 'SoftHSM is not installed'
  : postgresBinaries() === undefined
    ? 'PostgreSQL is not installed'
    : undefined

/** What was answered, and so must hold for ever. */
interface Acknowledged {
  readonly frames: { readonly keyId: string; readonly cipherText: string; readonly dek: string }[]
  readonly disabled: string[]
  readonly enabled: Set<string>
}

describeUnless(reason, 'a PostgreSQL that is restarted under load', () => {
  let replicas: TwoReplicas
  const acknowledged: Acknowledged = { frames: [], disabled: [], enabled: new Set() }

  beforeAll(async () => {
    replicas = await startTwoReplicas({ other: { KMS_HTTP_PROCESSES: '2', KMS_AGENTS: '2' } })
  }, 240_000)
  afterAll(async () => {
    await replicas.close()
  }, 60_000)

  function clientOf(replica: ServiceProcess): OneConnection {
    return new OneConnection(replicas.first(replica))
  }

  /** Makes, uses and disables keys until it is told to stop; the service refuses, but breaks no connection. */
  async function load(
    client: OneConnection,
    name: string,
    { running, slow }: { running: () => boolean; slow: (ms: number) => void },
  ): Promise<void> {
    async function call(operation: string, data: Readonly<Record<string, unknown>>) {
      const began = performance.now()
      const { status, body } = await client.call(operation, data)
      if (status === 200) return body
      slow(performance.now() - began)
      expect([status, body['error_code']]).toEqual([503, 'KMS.0104'])
      await pause(20)
      return undefined
    }
    for (let turn = 0; running(); turn++) {
      const made = await call('create-key', { key_alias: `${name}-${turn}` })
      if (!made) continue
      const keyId = text(made['key_info'], 'key_id')
      acknowledged.enabled.add(keyId)
      const { dek, ...fields } = digested(32)
      const sent = await call('encrypt-datakey', { key_id: keyId, ...fields })
      if (sent) {
        const cipherText = text(sent, 'cipher_text')
        acknowledged.frames.push({ keyId, cipherText, dek: dek.toString('hex') })
      }
      if (turn % 3 > 0) continue
      // Whether a change that was refused was made is not known.
      acknowledged.enabled.delete(keyId)
      if (await call('disable-key', { key_id: keyId })) acknowledged.disabled.push(keyId)
    }
    client.close()
  }

  test.each(['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)(
    'by %s loses nothing, is told at once, and is forgotten a second later',
    async (signal) => {
      const both = [replicas.one, replicas.other]
      let running = true
      let slowest = 0
      const lanes = both.flatMap((replica, index) =>
        [0, 1, 2].map((lane) =>
          load(clientOf(replica), `${signal}-${index}-${lane}`, {
            running: () => running,
            slow: (ms) => (slowest = Math.max(slowest, ms)),
          }),
        ),
      )
      await pause(1_500)
      await replicas.postgres.end(signal)
      await pause(AWAY_MS / 2)
      for (const { url } of both) {
        expect((await fetch(`${url}/health/ready`)).status).toBe(503)
        expect((await fetch(`${url}/health/live`)).status).toBe(200)
      }
      await pause(AWAY_MS / 2)
      await replicas.postgres.startAgain()
      const back = performance.now()
      for (const replica of both) {
        const client = clientOf(replica)
        while ((await client.call('list-keys', {})).status !== 200) await pause(10)
        client.close()
        expect((await fetch(`${replica.url}/health/ready`)).status).toBe(200)
      }
      expect(performance.now() - back).toBeLessThan(WHOLE_AGAIN_MS)
      await pause(1_000)
      running = false
      await Promise.all(lanes)
      expect(slowest).toBeGreaterThan(0)
      expect(slowest).toBeLessThan(FAST_MS)
    },
    120_000,
  )

  test('holds all that was answered, on either replica', async () => {
    const { frames, disabled, enabled } = acknowledged
    expect([frames.length, disabled.length, enabled.size].every((count) => count > 10)).toBe(true)
    for (const replica of [replicas.one, replicas.other]) {
      const client = clientOf(replica)
      for (const [ids, state] of [
        [disabled, '3'],
        [enabled, '2'],
      ] as const) {
        for (const key_id of ids) {
          const { body } = await client.call('describe-key', { key_id })
          expect([key_id, text(body['key_info'], 'key_state')]).toEqual([key_id, state])
        }
      }
      for (const { keyId, cipherText, dek } of frames.filter((one) => enabled.has(one.keyId))) {
        const { body } = await client.call('decrypt-datakey', {
          key_id: keyId,
          cipher_text: cipherText,
          datakey_cipher_length: String(dek.length / 2),
        })
        expect(body['data_key']).toBe(dek.toUpperCase())
      }
      client.close()
    }
  }, 240_000)
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
