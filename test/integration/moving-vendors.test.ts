import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { kindOf, missing } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { text } from '../support/official-client.js'
import type { TestToken } from '../support/test-token.js'
import { type Frame, expectOpens, versionOf, wrap } from './moved-samples.js'
import { type MovingBench, clientOf, openMovingBench } from './moving-bench.js'

const [SOFTHSM, NSS] = [kindOf('softhsm2'), kindOf('nss-softokn')]

describeUnless(missing(SOFTHSM) ?? missing(NSS), 'moving from SoftHSM to NSS softokn', () => {
  let bench: MovingBench
  let old: TestToken
  let young: TestToken
  let keyId: string
  let curve: string
  let frame: Frame

  beforeAll(async () => {
    bench = await openMovingBench()
    old = await SOFTHSM.open()
    young = await NSS.open()
    const service = await bench.start(old)
    const client = clientOf(service)
    keyId = await client.createKey('aes')
    const fields = { key_alias: 'curve', key_spec: 'SECP256K1', key_usage: 'SIGN_VERIFY' }
    const { key_info: info } = await client.succeed('create-key', fields)
    curve = text(info, 'key_id')
    frame = await wrap(client, keyId)
    expect(await service.end('SIGTERM')).toBe(0)
  }, 120_000)

  afterAll(async () => {
    await bench.remove()
    await Promise.all([old.remove(), young.remove()])
  }, 60_000)

  test('takes the keys that both make, and says which the new one does not', async () => {
    const run = await bench.kmsctl([young, old], 'hsm', 'migrate', 'run')
    expect([run.code, run.err]).toEqual([0, ''])
    expect(JSON.parse(run.out)).toMatchObject({ home: 2, keys_moved: 1 })
    const { out } = await bench.kmsctl([young, old], 'hsm', 'migrate', 'report', '--json')
    const { keys } = JSON.parse(out) as { readonly keys: readonly object[] }
    expect(keys).toContainEqual(expect.objectContaining({ key_id: curve, step: 'not-made' }))
    const service = await bench.start(young, old)
    const client = clientOf(service)
    await expectOpens(client, frame)
    const moved = await client.succeed('re-encrypt', {
      cipher_text: frame['cipher_text'],
      destination_key_id: keyId,
      datakey_cipher_length: '64',
    })
    const fresh = { ...frame, cipher_text: moved['cipher_text'] }
    expect(versionOf(fresh)).toBe(2)
    await expectOpens(client, fresh)
    expect(await service.end('SIGTERM')).toBe(0)
  }, 120_000)
})
