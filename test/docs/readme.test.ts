import { availableParallelism } from 'node:os'
import { expect, test } from '@jest/globals'
import { decodeDatakeyFrame } from '../../src/codec/datakey-frame.js'
import { decodeHex } from '../../src/codec/hex.js'
import { loadConfig } from '../../src/config.js'
import { sha256 } from '../../src/core/datakey.js'
import { operations } from '../../src/operations/index.js'
import { codeIn, rowsOf, sectionOf, textOf } from './documents.js'

const README = textOf('README.md')

test('lists every operation with its address, and no other', () => {
  const documented = rowsOf(sectionOf(README, '## Operations')).map(([name, address]) => [
    name,
    address,
  ])
  const own = operations.map(({ name, method, path }) => [name, `\`${method} ${path}\``])
  expect(documented).toEqual(own)
})

test('lists every setting that the program reads, and no other', () => {
  const source = [
    'src/config.ts',
    'src/agent-settings.ts',
    'src/hsm-timeouts.ts',
    'src/tls-settings.ts',
    'src/limit-settings.ts',
    'src/issuer-settings.ts',
    'src/hsm-clusters.ts',
    'src/hsm-previous.ts',
  ]
    .map(textOf)
    .join('')
  const read = new Set(source.match(/\bKMS_[A-Z0-9_]+/g))
  const documented = rowsOf(sectionOf(README, '## Settings')).flatMap(([names = '']) =>
    codeIn(names),
  )
  expect([...documented].sort()).toEqual([...read].sort())
})

test('states the defaults of the program', () => {
  const documented = new Map(
    rowsOf(sectionOf(README, '## Settings')).flatMap(([names = '', value = '']) =>
      codeIn(names).map((name) => [name, codeIn(value)[0]] as const),
    ),
  )
  const config = loadConfig({})
  const own = {
    KMS_LISTEN: `${config.host}:${config.port}`,
    KMS_HSM_PROFILE: config.profile.name,
    KMS_HTTP_PROCESSES: String(config.httpProcesses),
    KMS_QUEUE_LIMIT: String(config.queueLimit),
    KMS_REQUEST_LIMIT: String(config.requestLimit),
    KMS_HSM_TIMEOUT_MS: String(config.hsmTimeoutMs),
    KMS_HSM_GENERATION_TIMEOUT_MS: String(config.hsmGenerationTimeoutMs),
    KMS_LOG_LEVEL: config.logLevel,
    KMS_SLOW_CALL_MS: String(config.slowCallMs),
    KMS_REGION: config.region,
    KMS_CMK_QUOTA: String(config.cmkQuota),
    KMS_GRANT_QUOTA: String(config.grantQuota),
    KMS_ALIAS_LIST_FORM: config.aliasListForm,
    KMS_AUDIT: config.audit.on ? 'on' : 'off',
    KMS_AUDIT_FILE_MB: String(config.audit.maxFileBytes / 1024 / 1024),
    KMS_AUDIT_CHECKPOINT_S: String(config.audit.checkpointMs / 1000),
    KMS_AUDIT_VERIFY_S: String(config.audit.verifyMs / 1000),
    KMS_RATE_PER_CALLER: String(config.limits.rates.perCaller),
    KMS_RATE_PER_ADDRESS: String(config.limits.rates.perAddress),
    KMS_RATE_STORE: config.limits.shared ? 'postgres' : 'memory',
    KMS_LOCKOUT_FAILURES: String(config.limits.lockOut.failures),
    KMS_LOCKOUT_SECONDS: String(config.limits.lockOut.ms / 1000),
    KMS_LOCKOUT_SCOPE: config.limits.lockOut.scope,
  }
  for (const [name, value] of Object.entries(own))
    expect([name, documented.get(name)]).toEqual([name, value])
  // The default depends on the machine, so the table says how.
  expect(config.agents).toBe(Math.min(4, Math.max(1, availableParallelism() - 1)))
  expect(config.dataDirectory).toMatch(/\/var$/)
  expect(documented.get('KMS_DATA_DIR')).toBe('./var')
})

test('shows a frame that is one, and takes it apart as the program does', () => {
  const section = sectionOf(README, '## Worked example')
  const answer = /"cipher_text":"([0-9A-F]+)"/.exec(section)?.[1] ?? ''
  const rows = rowsOf(section)
  expect(rows.map(([, , bytes = '']) => codeIn(bytes)[0]).join('')).toBe(answer)
  let at = 0
  for (const [offset, size, bytes = ''] of rows) {
    expect([offset, size]).toEqual([String(at), String((codeIn(bytes)[0] ?? '').length / 2)])
    at += Number(size)
  }
  const frame = decodeDatakeyFrame(decodeHex(answer) ?? new Uint8Array())
  expect(Buffer.from(sha256(frame.checked)).equals(frame.checksum)).toBe(true)
  expect(section).toContain(`"key_id":"${frame.keyId}"`)
  expect(at).toBe(188)
})
