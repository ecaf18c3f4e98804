import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { noToken } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { text } from '../support/official-client.js'
import { openSoftHsmToken } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'
import { type MovingBench, clientOf, openMovingBench } from './moving-bench.js'

const KMSCTL = fileURLToPath(new URL('../../src/cli/kmsctl.js', import.meta.url))
const KEYS = 12
/** From the start of a command to its end, so that it is killed before, in and after its work. */
const KILLED_AFTER_MS = [400, 900, 1300, 1700, 2200, 2700]

describeUnless(noToken, 'a run that is killed', () => {
  let bench: MovingBench
  let tokens: readonly [TestToken, TestToken]
  const dek = digested(32)
  const frames: Readonly<Record<string, string>>[] = []

  beforeAll(async () => {
    bench = await openMovingBench()
    tokens = [await openSoftHsmToken(), await openSoftHsmToken()]
    const service = await bench.start(tokens[0])
    const client = clientOf(service)
    const { plain_text, datakey_plain_length } = dek
    for (let index = 0; index < KEYS; index++) {
      const key_id = await client.createKey(`key-${index}`)
      const made = await client.succeed('encrypt-datakey', {
        key_id,
        plain_text,
        datakey_plain_length,
      })
      const cipher_text = text(made, 'cipher_text')
      frames.push({ key_id, cipher_text, datakey_cipher_length: '32' })
    }
    expect(await service.end('SIGTERM')).toBe(0)
  }, 120_000)

  afterAll(async () => {
    await bench.remove()
    await Promise.all(tokens.map((token) => token.remove()))
  }, 60_000)

  async function runKilledAfter(ms: number): Promise<void> {
    const [old, young] = tokens
    const child = spawn(process.execPath, [KMSCTL, 'hsm', 'migrate', 'run'], {
      env: {
        PATH: process.env['PATH'],
        KMS_DATA_DIR: bench.dataDirectory,
        ...(await bench.settings(young, old)),
      },
      stdio: 'ignore',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    await once(child, 'close')
    clearTimeout(timer)
  }

  test('is run again, two at once, and loses nothing', async () => {
    const [old, young] = tokens
    for (const ms of KILLED_AFTER_MS) await runKilledAfter(ms)
    const both = await Promise.all([
      bench.kmsctl([young, old], 'hsm', 'migrate', 'run'),
      bench.kmsctl([young, old], 'hsm', 'migrate', 'run'),
    ])
    expect(both.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [0, ''],
    ])
    const status = await bench.kmsctl([young, old], 'hsm', 'migrate', 'status')
    expect(JSON.parse(status.out)).toMatchObject({
      token: { home: 2 },
      previous: { state: 'open', home: 1 },
      keys_elsewhere: { moved: KEYS, new_version: 0 },
      secrets_elsewhere: { access_keys: 0, access_points: 0 },
    })
    const service = await bench.start(young, old)
    const client = clientOf(service)
    for (const frame of frames) {
      const { data_key } = await client.succeed('decrypt-datakey', frame)
      expect(data_key).toBe(dek.dek.toString('hex').toUpperCase())
      const { plain_text, datakey_plain_length } = dek
      const own = { key_id: frame['key_id'], plain_text, datakey_plain_length }
      const fresh = await client.succeed('encrypt-datakey', own)
      const opened = await client.succeed('decrypt-datakey', {
        ...frame,
        cipher_text: fresh['cipher_text'],
      })
      expect(opened['data_key']).toBe(data_key)
    }
  }, 240_000)
})
