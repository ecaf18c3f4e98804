import { judgeAuditLog } from '../../src/compliance/audit-log/audit-log-checks.js'
import type { AuditLogSeen, ChainSeen } from '../../src/compliance/audit-log/audit-log-seen.js'
import type { CheckResult } from '../../src/compliance/check.js'
import { judgeLifeCycle } from '../../src/compliance/life-cycle/life-cycle-checks.js'
import {
  DEFAULT_CRYPTOPERIODS,
  type LifeCycleSeen,
} from '../../src/compliance/life-cycle/life-cycle-seen.js'
import { judgeRights } from '../../src/compliance/rights/rights-checks.js'
import type { RightsSeen } from '../../src/compliance/rights/rights-seen.js'
import { judgeTransport } from '../../src/compliance/transport/transport-checks.js'
import type { TransportSeen } from '../../src/compliance/transport/transport-seen.js'
import { type Cmk, NO_ROTATION } from '../../src/core/cmk.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import { DAY_MS } from '../../src/core/life-cycle.js'

const NOW = Date.UTC(2030, 0, 1)

function verdicts(results: readonly CheckResult[]): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ id, verdict }) => [id, verdict]))
}

describe('the life cycle', () => {
  const cmk: Cmk = {
    id: newKeyId(),
    projectId: projectId('0123456789abcdef0123456789abcdef'),
    domainId: 'domain',
    alias: 'a',
    description: '',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    state: '2',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
    currentVersion: 1,
    homes: [{ home: 1, since: 1 }],
    createdAt: NOW - 10 * DAY_MS,
    deletionAt: undefined,
    destroyedAt: undefined,
    materialGone: false,
    rotation: NO_ROTATION,
    materialExpiresAt: undefined,
    revision: 1,
  }
  const version = {
    key: { keyId: cmk.id, version: 1 },
    materialId: 'm',
    checkValue: Uint8Array.of(1),
    createdAt: cmk.createdAt,
    expiresAt: undefined,
    use: 'in-use',
    present: true,
    home: 1,
  } as const

  function judged(change: Partial<Cmk>, seen: Partial<LifeCycleSeen> = {}) {
    const own = { ...cmk, ...change }
    const versions = [{ ...version, createdAt: own.createdAt }]
    const value = {
      now: NOW,
      cmks: [{ cmk: own, versions }],
      serviceKeys: [],
      cryptoperiods: DEFAULT_CRYPTOPERIODS,
      ...seen,
    }
    return verdicts(judgeLifeCycle({ value }))
  }

  function rotatesAt(nextAt: number) {
    return { rotation: { ...NO_ROTATION, enabled: true, nextAt } }
  }

  test.each([
    ['a young key', {}, ['not-applicable', 'pass', 'not-applicable']],
    ['rotation in time', rotatesAt(NOW + 1), ['pass', 'pass', 'not-applicable']],
    ['rotation hours late', rotatesAt(NOW - 1000), ['pass', 'pass', 'not-applicable']],
    ['rotation days late', rotatesAt(NOW - 2 * DAY_MS), ['fail', 'pass', 'not-applicable']],
    ['an old key', { createdAt: NOW - 731 * DAY_MS }, ['not-applicable', 'fail', 'not-applicable']],
    [
      'an old key that signs',
      { createdAt: NOW - 731 * DAY_MS, spec: 'EC_P256', usage: 'SIGN_VERIFY' },
      ['not-applicable', 'pass', 'not-applicable'],
    ],
    [
      'an old key that is disabled',
      { createdAt: NOW - 731 * DAY_MS, state: '3' },
      ['not-applicable', 'not-applicable', 'not-applicable'],
    ],
    [
      'a deletion to come',
      { state: '4', deletionAt: NOW + DAY_MS },
      ['not-applicable', 'not-applicable', 'pass'],
    ],
    [
      'a deletion that was missed',
      { state: '4', deletionAt: NOW - 2 * DAY_MS },
      ['not-applicable', 'not-applicable', 'fail'],
    ],
    [
      'a destroyed key whose object may be there',
      { state: '4', destroyedAt: NOW - 2 * DAY_MS },
      ['not-applicable', 'not-applicable', 'fail'],
    ],
  ] as const)('of %s', (_case, change, expected) => {
    expect(Object.values(judged(change as Partial<Cmk>))).toEqual(expected)
  })

  test('is judged by the limits that were chosen', () => {
    const cryptoperiods = { ...DEFAULT_CRYPTOPERIODS, symmetric: 9 }
    expect(judged({}, { cryptoperiods })['LIFE-CRYPTOPERIODS']).toBe('fail')
  })

  test('of the newest key of the service counts, and not of those before it', () => {
    function binding(generation: number, ageDays: number) {
      return {
        keystoreId: '0',
        purpose: 'binding',
        key: { keyId: cmk.id, version: generation },
        checkValue: Uint8Array.of(1),
        createdAt: NOW - ageDays * DAY_MS,
        home: 1,
        retiredAt: undefined,
      } as const
    }
    const old = { serviceKeys: [binding(1, 800)] }
    expect(judged({}, old)['LIFE-CRYPTOPERIODS']).toBe('fail')
    const renewed = { serviceKeys: [binding(1, 800), binding(2, 8)] }
    expect(judged({}, renewed)['LIFE-CRYPTOPERIODS']).toBe('pass')
  })
})

describe('rights', () => {
  const user = { id: 'u', name: 'user', domainId: 'd', state: 'active' } as const
  const accessKey = { id: 'AK', userId: 'u', state: 'active', temporary: undefined } as const
  function judged(change: Partial<RightsSeen>) {
    const value: RightsSeen = {
      now: NOW,
      classes: ['read'],
      users: [],
      grants: [],
      accessKeys: [],
      lastUse: new Map(),
      loggedSince: NOW - 400 * DAY_MS,
      maxAgeDays: 365,
      maxIdleDays: 90,
      ...change,
    }
    return verdicts(judgeRights({ value }))
  }

  test('that somebody has are for a person to judge', () => {
    const rights = [{ all: 1, limited: 0, operations: 2 }]
    const one = { user, policies: ['p'], rights, unreadable: undefined }
    expect(judged({ users: [one] })).toMatchObject({
      'ACCESS-MATRIX': 'manual',
      'ACCESS-POLICIES': 'pass',
    })
    expect(judged({ users: [{ ...one, unreadable: 'no JSON' }] })['ACCESS-POLICIES']).toBe('fail')
  })

  test.each([
    ['new, not used yet', 1, undefined, ['pass', 'pass']],
    ['used', 200, 1, ['pass', 'pass']],
    ['too old', 366, 1, ['fail', 'pass']],
    ['used long ago', 200, 91, ['pass', 'fail']],
    ['never used', 200, undefined, ['pass', 'fail']],
  ])('an access key that is %s', (_case, madeDays, usedDays, expected) => {
    const createdAt = NOW - madeDays * DAY_MS
    const uses = usedDays === undefined ? [] : ([['AK', NOW - usedDays * DAY_MS]] as const)
    const result = judged({ accessKeys: [{ ...accessKey, createdAt }], lastUse: new Map(uses) })
    expect([result['ACCESS-KEYS-AGE'], result['ACCESS-KEYS-IDLE']]).toEqual(expected)
  })

  test('a short log does not say that a key is unused, and none says nothing', () => {
    const accessKeys = [{ ...accessKey, createdAt: NOW - 200 * DAY_MS }]
    const short = judged({ accessKeys, loggedSince: NOW - DAY_MS })
    expect(short['ACCESS-KEYS-IDLE']).toBe('pass')
    expect(judged({ accessKeys, lastUse: undefined })['ACCESS-KEYS-IDLE']).toBe('not-applicable')
  })
})

describe('a listener', () => {
  const certificate = {
    subject: 'CN=kms',
    issuer: 'CN=ca',
    validFrom: NOW - DAY_MS,
    validTo: NOW + 100 * DAY_MS,
    keyType: 'ec',
    keyBits: 256,
    sha256: 'ab',
  }
  function judged(change: Partial<TransportSeen>) {
    const value: TransportSeen = {
      endpoint: 'kms:443',
      now: NOW,
      versions: [
        { version: 'TLSv1.1', accepted: false },
        { version: 'TLSv1.2', accepted: true },
        { version: 'TLSv1.3', accepted: true },
      ],
      suites: [
        { version: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' },
        { version: 'TLSv1.2', suite: 'ECDHE-RSA-CHACHA20-POLY1305' },
      ],
      suitesTried: 9,
      certificate,
      ...change,
    }
    return Object.values(verdicts(judgeTransport({ value })))
  }

  test('in order passes', () => {
    expect(judged({})).toEqual(['pass', 'pass', 'pass'])
  })

  test.each([
    [{ versions: [{ version: 'TLSv1', accepted: true }] }, ['fail', 'pass', 'pass']],
    [{ suites: [{ version: 'TLSv1.2', suite: 'AES128-SHA' }] }, ['pass', 'fail', 'pass']],
    [{ suites: [{ version: 'TLSv1.2', suite: 'AES128-GCM-SHA256' }] }, ['pass', 'fail', 'pass']],
    [{ suites: [{ version: 'TLSv1.2', suite: 'ECDHE-RSA-AES128-SHA' }] }, ['pass', 'fail', 'pass']],
    [{ certificate: { ...certificate, validTo: NOW } }, ['pass', 'pass', 'fail']],
    [{ certificate: { ...certificate, validFrom: NOW + 1 } }, ['pass', 'pass', 'fail']],
    [{ certificate: { ...certificate, validTo: NOW + DAY_MS } }, ['pass', 'pass', 'manual']],
    [{ certificate: { ...certificate, keyType: 'rsa', keyBits: 1024 } }, ['pass', 'pass', 'fail']],
    [{ certificate: { ...certificate, keyType: 'dsa', keyBits: 4096 } }, ['pass', 'pass', 'fail']],
  ])('with %j', (change, expected) => {
    expect(judged(change)).toEqual(expected)
  })
})

describe('an audit log', () => {
  const chain: ChainSeen = {
    writer: 'a'.repeat(32),
    records: 10,
    events: 8,
    signedRecords: 9,
    closed: false,
    torn: false,
    firstAt: NOW - 2 * DAY_MS,
    lastAt: NOW - DAY_MS,
    flaw: undefined,
    clockBack: { times: 0, mostMs: 0 },
    inFuture: 0,
  }
  function judged(change: Partial<ChainSeen>, log: Partial<AuditLogSeen> = {}) {
    const chains = [{ ...chain, ...change }]
    const value = { now: NOW, chains, keyFits: true, checkpointMs: 60_000, ...log }
    return Object.values(verdicts(judgeAuditLog({ value })))
  }

  test.each([
    [{}, ['pass', 'pass', 'pass', 'pass']],
    [{ flaw: 'line 3: changed' }, ['fail', 'not-applicable', 'pass', 'pass']],
    [{ signedRecords: 4 }, ['pass', 'manual', 'pass', 'pass']],
    [{ signedRecords: 0 }, ['pass', 'manual', 'pass', 'pass']],
    [{ signedRecords: 4, lastAt: NOW - 1000 }, ['pass', 'pass', 'pass', 'pass']],
    [{ clockBack: { times: 3, mostMs: 20 } }, ['pass', 'pass', 'pass', 'pass']],
    [{ clockBack: { times: 1, mostMs: 5000 } }, ['pass', 'pass', 'pass', 'manual']],
    [{ inFuture: 1 }, ['pass', 'pass', 'pass', 'fail']],
  ])('with %j', (change, expected) => {
    expect(judged(change)).toEqual(expected)
  })

  test('whose public key is another one', () => {
    expect(judged({}, { keyFits: false })[2]).toBe('fail')
    expect(judged({}, { keyFits: undefined })[2]).toBe('not-applicable')
  })
})
