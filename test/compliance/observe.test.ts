import { observe } from '../../src/compliance/observe.js'
import type { KeyRecords } from '../../src/compliance/records/stored-keys.js'
import { runCompliance } from '../../src/compliance/report.js'
import { cmkLabel } from '../../src/core/cmk.js'
import { HsmError } from '../../src/core/hsm.js'
import { type KeptVersion, StoreUnavailable } from '../../src/core/key-store.js'
import { newKeyId } from '../../src/core/ids.js'
import { FACTS } from './made-up.js'
import { type HsmCall, createMemoryHsm } from '../support/memory-hsm.js'

/** What the rows of the test have in common. */
const PLAIN: Omit<KeptVersion, 'key' | 'checkValue'> = {
  materialId: 'material',
  home: 1,
  createdAt: 0,
  expiresAt: undefined,
  use: 'in-use',
  present: true,
  spec: 'AES_256',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'kms',
  keystoreId: '0',
}

/** A service whose token and store a test changes between two looks. */
class Changing {
  readonly rows: KeptVersion[] = []
  readonly calls: HsmCall[] = []
  failing: Error | undefined
  pauses = 0
  whenPaused: () => Promise<void> = () => Promise.resolve()

  readonly hsm = createMemoryHsm({
    beforeCall: (call) => {
      this.calls.push(call)
      return call === 'attempts' ? this.failing : undefined
    },
  })
  readonly records: KeyRecords = {
    keys: { allVersions: () => Promise.resolve([...this.rows]) },
    importPairs: { expired: () => Promise.resolve([]) },
    serviceKeys: { list: () => Promise.resolve([]) },
  }

  get parts() {
    return {
      hsm: this.hsm,
      records: this.records,
      facts: FACTS,
      mode: 'read-only' as const,
      pause: async () => {
        this.pauses++
        await this.whenPaused()
      },
    }
  }

  async generate(): Promise<KeptVersion> {
    const key = { keyId: newKeyId(), version: 1 }
    const checkValue = await this.hsm.generateKey({ key, kind: 'wrapping', label: cmkLabel(key) })
    return { ...PLAIN, key, checkValue }
  }

  async add(): Promise<void> {
    this.rows.push(await this.generate())
  }
}

let service: Changing
beforeEach(async () => {
  service = new Changing()
  await service.add()
})

test('asks for nothing that would change the token', async () => {
  service.calls.length = 0
  await observe(service.parts)
  expect(new Set(service.calls)).toEqual(
    new Set(['identity', 'tokenState', 'knownAnswers', 'random', 'inspectKeys', 'attempts']),
  )
})

describe('a key that is being made', () => {
  test('is no orphan when its row comes', async () => {
    const row = await service.generate()
    service.whenPaused = () => Promise.resolve(void service.rows.push(row))
    const { stored, objects } = await observe(service.parts)
    expect([stored.length, objects.length, service.pauses]).toEqual([2, 2, 1])
  })

  test('is no orphan when another one is being made each time', async () => {
    let row = await service.generate()
    service.whenPaused = async () => {
      service.rows.push(row)
      row = await service.generate()
    }
    const { stored, objects } = await observe(service.parts)
    expect(objects).toHaveLength(stored.length)
  })

  test('is no orphan when it is taken back', async () => {
    const { key } = await service.generate()
    service.whenPaused = () => service.hsm.destroyKey(key)
    expect((await observe(service.parts)).objects).toHaveLength(1)
  })

  test('is an orphan when it stays without a row', async () => {
    await service.generate()
    const { stored, objects } = await observe(service.parts)
    expect([stored.length, objects.length, service.pauses]).toEqual([1, 2, 3])
  })
})

test('a row that stays without a key is kept', async () => {
  await service.hsm.destroyKey(service.rows[0]?.key ?? (await service.generate()).key)
  const { stored, objects } = await observe(service.parts)
  expect([stored.length, objects.length]).toEqual([1, 0])
})

test('attempts are spread over the keys when there are too many', async () => {
  for (let more = 0; more < 9; more++) await service.add()
  const { attempts, objects } = await observe({ ...service.parts, maxTried: 4 })
  expect(attempts.size).toBe(4)
  const tried = objects.map(({ id }) => attempts.has(id))
  expect(tried.slice(0, 5)).toContain(true)
  expect(tried.slice(5)).toContain(true)
})

describe('a run that cannot be completed', () => {
  test.each(['unavailable', 'busy'] as const)('has no verdict: HSM %s', async (failure) => {
    service.failing = new HsmError(failure, 'The HSM is away.')
    await expect(runCompliance(service.parts, Date.now)).rejects.toBe(service.failing)
  })

  test('is not one when the token answers about the key', async () => {
    service.failing = new HsmError('unsupported', 'The key cannot be used.')
    const { attempts } = await observe(service.parts)
    expect([...attempts.values()]).toEqual([{ error: 'The key cannot be used.' }])
  })

  test('has no verdict: store', async () => {
    const records: KeyRecords = {
      ...service.records,
      keys: { allVersions: () => Promise.reject(new StoreUnavailable('away')) },
    }
    await expect(runCompliance({ ...service.parts, records }, Date.now)).rejects.toThrow('away')
  })
})
