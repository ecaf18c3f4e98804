import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { noToken } from '../support/chosen-token.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { type OfficialClient, text } from '../support/official-client.js'
import type { ServiceProcess } from '../support/service-process.js'
import { openSoftHsmToken } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'
import {
  MAC,
  PIN,
  SIGNED,
  type Samples,
  expectAllCounts,
  expectOpens,
  isSigned,
  makeSamples,
  versionOf,
  wrap,
} from './moved-samples.js'
import { type MovingBench, clientOf, openMovingBench } from './moving-bench.js'

interface Report {
  readonly keys: readonly { readonly key_id: string; readonly step: string }[]
  readonly secrets: readonly unknown[]
  readonly callers: readonly Readonly<Record<string, unknown>>[]
}

/** Steps build on each other: they are the story of one move. */
describeUnless(noToken, 'moving to another token', () => {
  let bench: MovingBench
  let old: TestToken
  let young: TestToken
  let stranger: TestToken
  let service: ServiceProcess
  let client: OfficialClient
  let made: Samples

  beforeAll(async () => {
    bench = await openMovingBench()
    old = await openSoftHsmToken()
    young = await openSoftHsmToken()
    stranger = await openSoftHsmToken()
    service = await bench.start(old)
    client = clientOf(service)
    made = await makeSamples(client)
    expect(await service.end('SIGTERM')).toBe(0)
  }, 180_000)

  afterAll(async () => {
    await bench.remove()
    await Promise.all([old, young, stranger].map((token) => token.remove()))
  }, 60_000)

  async function report(): Promise<Report> {
    const { code, out } = await bench.kmsctl([young, old], 'hsm', 'migrate', 'report', '--json')
    expect(code).toBe(0)
    return JSON.parse(out) as Report
  }

  test('a new token is refused without the one before, or with a wrong one', async () => {
    expect(await bench.refused(young)).toContain('KMS_HSM_PREVIOUS')
    expect(await bench.refused(young, stranger)).toContain('KMS_HSM_PREVIOUS is not the newest')
    expect(await bench.refused(old, old)).toContain('names the token of KMS_PKCS11_URI itself')
  }, 120_000)

  test('with both tokens what is old works as before, and what is new is made on the new one', async () => {
    service = await bench.start(young, old)
    client = clientOf(service)
    await expectAllCounts(client, made)
    expect(versionOf(await wrap(client, made.aes))).toBe(1)
    const fresh = await client.createKey('fresh')
    await expectOpens(client, await wrap(client, fresh))
    await client.succeed('create-datakey', { key_id: fresh, pin: made.sealedPin })
    const { keys, secrets, callers } = await report()
    expect(keys.map(({ key_id }) => key_id)).not.toContain(fresh)
    const steps = Object.fromEntries(keys.map(({ key_id, step }) => [key_id, step]))
    expect(steps).toEqual({
      [made.aes]: 'new-version',
      [made.other]: 'new-version',
      [made.ec]: 'replace',
      [made.rsa]: 'replace',
      [made.hmac]: 'replace',
    })
    expect(secrets).toHaveLength(1)
    const { access_key_id } = service.credentials()
    expect(callers).toContainEqual(
      expect.objectContaining({
        key_id: made.aes,
        key_version: 1,
        operation: 'DecryptDatakey',
        access_key_id,
      }),
    )
  }, 120_000)

  test('a run says what it would do, and does nothing without the token before', async () => {
    const { out } = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run', '--dry-run')
    expect(JSON.parse(out)).toMatchObject({ home: 2, would_seal: 1 })
    const alone = await bench.kmsctl([young], 'hsm', 'migrate', 'run')
    expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('KMS_HSM_PREVIOUS')])
    const wrong = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run', '--replace', made.aes)
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--replace')])
  }, 120_000)

  test('a run beside the service moves keys and secrets, and no call fails meanwhile', async () => {
    const load = { running: true }
    const calls = (async () => {
      let count = 0
      while (load.running) {
        await expectOpens(client, await wrap(client, made.aes))
        await expectOpens(client, made.frame)
        count += 1
      }
      return count
    })()
    const { code, out } = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run')
    load.running = false
    expect(await calls).toBeGreaterThan(0)
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { home: 2, keys_moved: 2, secrets_sealed: 1, failed: 0 },
    ])
    const again = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run')
    expect(JSON.parse(again.out)).toMatchObject({ keys_moved: 0, secrets_sealed: 0 })
  }, 120_000)

  test('after it new frames are made on the new token, old ones open, and move', async () => {
    await expectAllCounts(client, made)
    const fresh = await wrap(client, made.aes)
    expect(versionOf(fresh)).toBe(2)
    await expectOpens(client, fresh)
    const moved = await client.succeed('re-encrypt', {
      cipher_text: made.frame['cipher_text'],
      destination_key_id: made.aes,
      datakey_cipher_length: '64',
    })
    const frame = { ...made.frame, cipher_text: text(moved, 'cipher_text') }
    made = { ...made, frame }
    expect(versionOf(frame)).toBe(2)
    await expectOpens(client, made.frame)
    const again = await client.succeed('re-encrypt', {
      cipher_text: made.sealed,
      destination_key_id: made.aes,
    })
    made = { ...made, sealed: text(again, 'cipher_text') }
    await expectAllCounts(client, made)
  }, 60_000)

  test('ciphertexts move in bulk, each line answered for itself', async () => {
    const lines = [
      made.bound,
      { cipher_text: made.boundText, additional_authenticated_data: 'aad' },
      { cipher_text: made.withPin, pin: PIN.pin },
      { cipher_text: made.frame['cipher_text'] },
      { ...made.bound, encryption_context: { team: 'other' } },
      'no JSON',
      { cipher_text: '00' },
    ]
    const { code, answers } = await bench.reencrypt([young, old], lines)
    expect(code).toBe(1)
    expect(answers).toMatchObject([
      { key_id: made.other, key_version: 2, moved: true },
      { key_id: made.other, key_version: 2, moved: true },
      { key_id: made.other, key_version: 2, moved: true },
      { key_id: made.aes, key_version: 2, moved: false, cipher_text: made.frame['cipher_text'] },
      { error: { code: 'KMS.2201' } },
      { error: { code: 'KMS.0308' } },
      { error: { code: 'KMS.2201' } },
    ])
    const texts = answers.map(({ cipher_text }) => String(cipher_text))
    const clear = { key_id: made.other, datakey_cipher_length: '64' }
    await expectOpens(client, { ...clear, ...made.bound, cipher_text: texts[0] ?? '' })
    const { plain_text } = await client.succeed('decrypt-data', {
      cipher_text: texts[1],
      additional_authenticated_data: 'aad',
    })
    expect(plain_text).toBe('bound text')
    await expectOpens(client, { ...clear, ...PIN, cipher_text: texts[2] ?? '' })
  }, 60_000)

  test('pairs and HMAC keys move when they are named, and what they made before still counts', async () => {
    const names = [made.ec, made.rsa, made.hmac].flatMap((id) => ['--replace', id])
    const { code, out } = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run', ...names)
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ keys_moved: 3 })])
    // What this process remembers of a key is forgotten after half a second.
    await new Promise((resolve) => setTimeout(resolve, 600))
    await expectAllCounts(client, made)
    const signed = await client.succeed('sign', { key_id: made.ec, ...SIGNED })
    expect(await isSigned(client, made.ec, text(signed, 'signature'))).toBe('true')
    const other = Buffer.from(made.signature, 'base64')
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
    expect(await isSigned(client, made.ec, other.toString('base64'))).toBe('false')
    const made2 = await client.succeed('generate-mac', { key_id: made.hmac, ...MAC })
    expect(made2['mac']).not.toBe(made.mac)
    expect((await report()).keys.map(({ step }) => step)).toEqual(Array(5).fill('moved'))
  }, 120_000)

  test('without the token before, its versions say so and everything else works', async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    expect(await bench.refused(young, stranger)).toContain(
      'KMS_HSM_PREVIOUS: The token does not hold',
    )
    service = await bench.start(young)
    client = clientOf(service)
    await expectOpens(client, made.frame)
    const gone = await client.call('verify', {
      key_id: made.ec,
      ...SIGNED,
      signature: made.signature,
    })
    expect([gone.status, gone.body['error_code'], gone.body['error_msg']]).toEqual([
      400,
      'KMS.0340',
      expect.stringContaining('KMS_HSM_PREVIOUS'),
    ])
  }, 60_000)

  test('a token is retired once every loss is accepted', async () => {
    const all = [made.aes, made.other, made.ec, made.rsa, made.hmac]
    const losses = all.flatMap((id) => ['--accept-loss', id])
    const early = await bench.kmsctl([young], 'hsm', 'migrate', 'retire', ...losses.slice(2))
    expect([early.code, early.err]).toEqual([1, expect.stringContaining(made.aes)])
    const strange = ['--accept-loss', '00000000-0000-4000-8000-000000000000']
    const typo = await bench.kmsctl([young], 'hsm', 'migrate', 'retire', ...losses, ...strange)
    expect([typo.code, typo.err]).toEqual([1, expect.stringContaining('is not the id')])
    const { code, out } = await bench.kmsctl([young], 'hsm', 'migrate', 'retire', ...losses)
    expect([code, JSON.parse(out)]).toMatchObject([0, { retired_homes: [1] }])
    expect(await bench.refused(old, young)).toContain('was retired on')
  }, 120_000)

  test('afterwards credentials work, and old versions are lost', async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    // The setting may still be there: the token is not used.
    service = await bench.start(young, old)
    await until(() => service.log().includes('was retired: remove the setting'))
    expect(await service.end('SIGTERM')).toBe(0)
    service = await bench.start(young)
    client = clientOf(service)
    await expectOpens(client, made.frame)
    expect(await isSigned(client, made.ec, made.signature)).toBe('false')
    const pin = await client.call('create-datakey', { key_id: made.aes, pin: made.sealedPin })
    expect([pin.status, pin.body['error_code']]).toEqual([400, 'KMS.0308'])
  }, 60_000)

  test('the audit log of both tokens verifies, and the compliance run passes', async () => {
    const pem = await readFile(join(bench.dataDirectory, 'audit', 'audit-key.pem'), 'utf8')
    expect(pem.match(/BEGIN PUBLIC KEY/g)).toHaveLength(2)
    expect(await service.end('SIGTERM')).toBe(0)
    const { code, err } = await bench.kmsctl([young], 'audit', 'verify')
    expect([code, err]).toEqual([0, expect.stringContaining('as it was written')])
    const compliance = await bench.kmsctl([young], 'compliance')
    expect([compliance.code, compliance.err]).toEqual([0, expect.anything()])
  }, 120_000)
})
