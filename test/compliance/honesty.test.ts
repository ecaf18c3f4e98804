import { readFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import pkcs11js from 'pkcs11js'
import { newKeyId } from '../../src/core/ids.js'
import { IMPORT_PAIR, importPairLabel } from '../../src/core/import-pair.js'
import { describeUnless } from '../support/describe-unless.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import { Bench, checkOf, failedIds } from './bench.js'

/*
 * Full runs on tokens and stores that were sabotaged: each must fail with exactly the checks that the sabotage is about.
 */

const missing = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined
const FULL = ['--full']

let bench: Bench
afterEach(() => bench.close())

describeUnless(missing, 'a full compliance run on SoftHSM', () => {
  beforeEach(async () => {
    bench = await Bench.open(openSoftHsmToken)
  })

  test('passes on a healthy token, and leaves nothing on it', async () => {
    const before = await bench.report()
    const report = await bench.report({}, FULL)
    expect([report.exitCode, failedIds(report)]).toEqual([0, []])
    expect(report.objects).toEqual(before.objects)
    for (const id of ['ATTACK-WRAP-DECRYPT', 'CIPHERTEXT-MUTATION', 'VECTOR-AES-KWP']) {
      expect(checkOf(report, id).verdict).toBe('pass')
    }
    // Neither attempts nor attacks change what the next run sees.
    expect((await bench.report({}, FULL)).objects).toEqual(before.objects)
  })

  test('finds a CMK that can be extracted', async () => {
    const { id, label } = bench.cmk
    const changes = { [pkcs11js.CKA_EXTRACTABLE]: true }
    await bench.sabotage({ deed: 'destroy', id }, { deed: 'generate', id, label, changes })
    const report = await bench.report({}, FULL)
    expect(failedIds(report)).toEqual([
      'KEY-EXTRACTABLE',
      'KEY-NEVER-EXTRACTABLE',
      'KEY-ATTEMPTS',
      'STORE-CHECK-VALUE',
    ])
    const [failure] = checkOf(report, 'KEY-ATTEMPTS').failures
    expect(failure?.observed).toContain('wrap under a key that is known outside')
    expect(failure?.observed).toContain('wrap under another key of the service')
  })

  test('explains the pair of an import that is under way', async () => {
    await bench.withBackend(async ({ hsm, database }) => {
      const cmkId = bench.cmk.key.keyId
      const key = { keyId: newKeyId(), version: 1 }
      await hsm.generatePair({ key, ...IMPORT_PAIR, label: importPairLabel(cmkId, key) })
      const times = { home: 1, createdAt: Date.now(), expiresAt: Date.now() + 60_000 }
      await database.importPairs.insert({ key, cmkId, ...times })
    })
    const report = await bench.report({}, FULL)
    expect(failedIds(report)).toEqual([])
    expect(checkOf(report, 'IMPORT-KEY-USAGE')).toMatchObject({ verdict: 'pass', passed: 1 })
    expect(checkOf(report, 'STORE-LABEL').passed).toBe(6)
  })

  test('finds an object that no row explains, and no other fault', async () => {
    await bench.sabotage({ deed: 'generate', id: 'beef', label: 'stranger' })
    expect(failedIds(await bench.report({}, FULL))).toEqual(['STORE-ORPHAN'])
  })

  test('finds a wrong padding', async () => {
    const path = join(bench.directory, 'profile.json')
    const url = new URL('../../../hsm/profiles/softhsm2.json', import.meta.url)
    const profile = JSON.parse(await readFile(url, 'utf8')) as { keyWrap: object }
    // 0x2109 is AES key wrap without padding: RFC 3394.
    const keyWrap = { ...profile.keyWrap, mechanism: '0x2109' }
    await writeFile(path, JSON.stringify({ ...profile, keyWrap }))
    const report = await bench.report({ KMS_HSM_PROFILE: path }, FULL)
    expect(failedIds(report)).toEqual([
      'KAT-AES-KWP-WRAP',
      'KAT-AES-KWP-UNWRAP',
      'VECTOR-AES-KWP',
      'CIPHERTEXT-LAYOUT',
      'CIPHERTEXT-WRAP',
      'CIPHERTEXT-TAG',
      'CIPHERTEXT-MUTATION',
      'CIPHERTEXT-UNWRAP-INTEGRITY',
    ])
  })
})

describeUnless(missing ?? whyNoInjector(), 'a compliance run behind the fault injector', () => {
  let faults: FaultInjector

  beforeEach(async () => {
    bench = await Bench.open(async () => {
      const around = FaultInjector.around(await openSoftHsmToken())
      faults = around.faults
      return around.token
    })
  })

  test('passes while nothing is injected', async () => {
    expect(failedIds(await bench.report())).toEqual([])
  })

  test('finds a generator that prefers a byte', async () => {
    faults.inject(
      { function: 'C_GenerateRandom' },
      { overwrite: { byte: 0xa5, run: 1, stride: 8 } },
    )
    const report = await bench.report()
    expect([report.exitCode, failedIds(report)]).toEqual([1, ['RANDOM-PROPORTION']])
  })

  test('finds a generator that is stuck now and then', async () => {
    faults.inject(
      { function: 'C_GenerateRandom' },
      { overwrite: { byte: 0xa5, run: 8, stride: 1024 } },
    )
    const report = await bench.report()
    expect([report.exitCode, failedIds(report)]).toEqual([1, ['RANDOM-REPETITION']])
  })

  test('finds MACs that are computed wrongly', async () => {
    faults.inject(
      { function: 'C_Sign', mechanism: pkcs11js.CKM_SHA256_HMAC },
      { overwrite: { byte: 0, run: 1, stride: 4 } },
    )
    const report = await bench.report({}, FULL)
    expect(failedIds(report)).toEqual(['KAT-HMAC', 'CIPHERTEXT-TAG'])
  })
})

describeUnless(missing, 'a compliance run over an audit log', () => {
  beforeEach(async () => {
    bench = await Bench.open(openSoftHsmToken)
    await bench.withBackend(async ({ audit }) => {
      for (let event = 0; event < 5; event++) {
        await audit.record({
          time: Date.now(),
          requestId: '0'.repeat(32),
          operation: 'EncryptDatakey',
          outcome: 'done',
          code: 'ok',
          status: 200,
        })
      }
    })
  })

  test('passes when it is as it was written', async () => {
    const report = await bench.report()
    expect(failedIds(report)).toEqual([])
    for (const id of ['AUDIT-CHAIN', 'AUDIT-SIGNATURES', 'AUDIT-KEY', 'AUDIT-CLOCK']) {
      expect(checkOf(report, id)).toMatchObject({ verdict: 'pass', passed: 1 })
    }
  })

  test('finds a record that was taken out', async () => {
    const path = await chainFile()
    const lines = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, [...lines.slice(0, 2), ...lines.slice(3)].join('\n'))
    expect(failedIds(await bench.report())).toEqual(['AUDIT-CHAIN'])
  })

  test('finds a chain that was cut off, from what another one knows of its end', async () => {
    const path = await chainFile()
    await bench.withBackend(async ({ audit }) => {
      await audit.record({
        time: Date.now(),
        requestId: '1'.repeat(32),
        operation: 'CreateKey',
        outcome: 'done',
        code: 'ok',
        status: 200,
      })
    })
    const text = await readFile(path, 'utf8')
    await truncate(path, text.lastIndexOf('\n', text.length - 2) + 1)
    expect(failedIds(await bench.report())).toEqual(['AUDIT-CHAIN'])
  })

  test('finds another public key beside the log', async () => {
    const path = join(bench.directory, 'audit', 'audit-key.pem')
    await writeFile(path, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n')
    expect(failedIds(await bench.report())).toEqual(['AUDIT-KEY'])
  })

  /** The first file of the only chain. */
  async function chainFile(): Promise<string> {
    const folder = join(bench.directory, 'audit')
    const [chain = ''] = (await readdir(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name))
    return join(folder, chain, '00000001.jsonl')
  }
})
