import fc from 'fast-check'
import { decodeCredentialRecord } from '../../src/codec/credential-record.js'
import { encodeDatakeyHeader } from '../../src/codec/datakey-frame.js'
import { MalformedBytes } from '../../src/codec/frame.js'
import { generateAccessKey, openSecret, sealSecret } from '../../src/core/credential.js'
import { HsmError, type KeyWrapping } from '../../src/core/hsm.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import {
  type CredentialSealing,
  openRecord,
  openStoredRecord,
  sealRecord,
} from '../../src/core/sealed-record.js'
import { createSealing } from '../support/sign.js'

const ID = 'AKEXAMPLE00000000001'
const IDENTITY = {
  accessKeyId: ID,
  projectId: projectId('p'.repeat(32)),
  domainId: 'd'.repeat(32),
  userId: 'somebody',
}
const SECRET = Buffer.from('SKexample-not-a-real-secret-000000000001')

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('sealing', () => {
  let sealing: CredentialSealing
  beforeAll(async () => {
    sealing = await createSealing({ generated: 'padded' })
  })

  test('secrets of every length come back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 1024 }), async (secret) => {
        const sealedSecret = await sealSecret(sealing, { identity: IDENTITY, secret })
        const opened = await openSecret(sealing, { identity: IDENTITY, sealedSecret })
        expect(Buffer.from(opened).equals(secret)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('the record has the documented layout', async () => {
    const record = Buffer.from(await sealSecret(sealing, { identity: IDENTITY, secret: SECRET }))
    expect(record).toHaveLength(8 + 48 + 32)
    expect(record.subarray(0, 8).toString('hex')).toBe('0101280001000000')
    expect(record.includes(SECRET.subarray(0, 8))).toBe(false)
  })

  test('the secret stays as it is', async () => {
    const secret = Buffer.from(SECRET)
    await sealSecret(sealing, { identity: IDENTITY, secret })
    expect(secret.equals(SECRET)).toBe(true)
  })

  test.each([0, 1025])('a secret of %d bytes is refused', async (length) => {
    const request = { identity: IDENTITY, secret: new Uint8Array(length) }
    await expect(sealSecret(sealing, request)).rejects.toThrow(RangeError)
  })

  test('a record of another identity does not open', async () => {
    const sealedSecret = await sealSecret(sealing, { identity: IDENTITY, secret: SECRET })
    const others = [
      ...['', ID.slice(1), `${ID}0`, ID.toLowerCase()].map((accessKeyId) => ({ accessKeyId })),
      { projectId: projectId('q'.repeat(32)) },
      { domainId: 'e'.repeat(32) },
      { userId: 'root' },
    ]
    for (const other of others) {
      const identity = { ...IDENTITY, ...other }
      await expect(openSecret(sealing, { identity, sealedSecret })).rejects.toMatchObject({
        failure: 'not-authentic',
      })
    }
  })

  test('a record with any bit flipped does not open', async () => {
    const record = await sealSecret(sealing, { identity: IDENTITY, secret: SECRET })
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const sealedSecret = Buffer.from(record)
      sealedSecret[bit >> 3] = (sealedSecret[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(
        await failure(openSecret(sealing, { identity: IDENTITY, sealedSecret })),
      ).toBeInstanceOf(Error)
    }
  })

  test('a record cut at any length is malformed', async () => {
    const record = await sealSecret(sealing, { identity: IDENTITY, secret: SECRET })
    for (let length = 0; length < record.length; length++) {
      const sealedSecret = record.subarray(0, length)
      const error = await failure(openSecret(sealing, { identity: IDENTITY, sealedSecret }))
      expect(error).toMatchObject({ cause: expect.any(MalformedBytes) as unknown })
    }
  })

  test('decoding is total', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCredentialRecord(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes)
        }
      }),
    )
  })

  test('an older credential key opens what it sealed', async () => {
    const sealedSecret = await sealSecret(sealing, { identity: IDENTITY, secret: SECRET })
    const newer = {
      ...sealing,
      credentialKey: { keyId: newKeyId(), version: 2 },
      ofGeneration: (generation: number) => Promise.resolve(generation === 1 ? sealing : undefined),
    }
    const opened = await openSecret(newer, { identity: IDENTITY, sealedSecret })
    expect(Buffer.from(opened).equals(SECRET)).toBe(true)
    const unknown = { ...newer, ofGeneration: () => Promise.resolve(undefined) }
    const failure = { failure: 'key-missing' }
    await expect(openSecret(unknown, { identity: IDENTITY, sealedSecret })).rejects.toMatchObject(
      failure,
    )
  })

  test('keys that are gone are reported as such', async () => {
    const sealedSecret = await sealSecret(sealing, { identity: IDENTITY, secret: SECRET })
    const lost = { keyId: newKeyId(), version: 1 }
    for (const changed of [
      { ...sealing, credentialKey: lost },
      { ...sealing, bindingKeys: { current: lost, find: () => undefined } },
    ]) {
      await expect(openSecret(changed, { identity: IDENTITY, sealedSecret })).rejects.toMatchObject(
        {
          failure: 'key-missing',
        },
      )
    }
  })
})

test('no tag of a record can be one of a data-key frame', async () => {
  const sealing = await createSealing()
  const starts: Uint8Array[] = []
  const hsm: KeyWrapping = {
    wrap(request) {
      starts.push(request.binding.before)
      return sealing.hsm.wrap(request)
    },
    unwrap: (request) => sealing.hsm.unwrap(request),
    generateWrapped: (request) => sealing.hsm.generateWrapped(request),
    generateReadable: (request) => sealing.hsm.generateReadable(request),
  }
  await sealSecret({ ...sealing, hsm }, { identity: IDENTITY, secret: SECRET })
  const frame = encodeDatakeyHeader({
    form: 'datakey',
    bindingGeneration: 1,
    datakeyLength: 40,
    keyVersion: 1,
  })
  const [start] = starts
  expect(Buffer.from(start ?? []).toString('latin1')).toMatch(/^hsm-kms secret access key\0/)
  expect(start?.slice(0, 2)).not.toEqual(Uint8Array.from(frame.slice(0, 2)))
})

describe('generated access keys', () => {
  test('have the documented form and do not repeat', async () => {
    const { hsm } = await createSealing()
    const made = await Promise.all(Array.from({ length: 200 }, () => generateAccessKey(hsm)))
    for (const { accessKeyId, secret } of made) {
      expect(accessKeyId).toMatch(/^[A-Z0-9]{20}$/)
      expect(Buffer.from(secret).toString('latin1')).toMatch(/^[A-Za-z0-9]{40}$/)
    }
    expect(new Set(made.map(({ accessKeyId }) => accessKeyId)).size).toBe(made.length)
  })

  test('favour no character', async () => {
    let next = 0
    // Every byte value equally often, in turn.
    const random = {
      random: (length: number) => Promise.resolve(Uint8Array.from({ length }, () => next++ & 0xff)),
    }
    const counts = new Map<string, number>()
    // Without the rejection the first 8 of the 62 characters would come up a quarter more often.
    for (let round = 0; round < 1280; round++) {
      const { secret } = await generateAccessKey(random)
      for (const character of Buffer.from(secret).toString('latin1')) {
        counts.set(character, (counts.get(character) ?? 0) + 1)
      }
    }
    expect(counts.size).toBe(62)
    const mean = (1280 * 40) / 62
    for (const count of counts.values()) {
      expect(Math.abs(count - mean)).toBeLessThan(mean / 10)
    }
  })

  test('bytes that would favour some characters are thrown away', async () => {
    const drawn: number[] = []
    const random = {
      random(length: number) {
        drawn.push(length)
        // First only bytes beyond the last multiple of 36 and of 62, then usable ones.
        return Promise.resolve(new Uint8Array(length).fill(drawn.length % 2 === 1 ? 252 : 0))
      },
    }
    const { accessKeyId, secret } = await generateAccessKey(random)
    expect(accessKeyId).toBe('A'.repeat(20))
    expect(Buffer.from(secret).toString('latin1')).toBe('A'.repeat(40))
    expect(drawn).toEqual([40, 40, 80, 80])
  })

  test('a generator that is stuck is reported', async () => {
    const random = { random: (length: number) => Promise.resolve(new Uint8Array(length).fill(255)) }
    await expect(generateAccessKey(random)).rejects.toBeInstanceOf(HsmError)
  })
})

describe('records of every purpose', () => {
  const owner = { purpose: 'pin', identity: ['p', 'q'] } as const

  test('open for their owner alone', async () => {
    const sealing = await createSealing()
    const record = await sealRecord(sealing, { owner, secret: SECRET })
    const opened = await openRecord(sealing, { owner, record })
    expect(Buffer.from(opened).equals(SECRET)).toBe(true)
    for (const other of [
      { ...owner, purpose: 'access point key' as const },
      { ...owner, purpose: 'secret access key' as const },
      { ...owner, identity: ['p'] },
      { ...owner, identity: ['p","q'] },
      { ...owner, identity: ['q', 'p'] },
    ]) {
      const opening = openRecord(sealing, { owner: other, record })
      await expect(opening).rejects.toMatchObject({ failure: 'not-authentic' })
    }
  })

  test('bytes that are none are malformed, or a fault of the store that kept them', async () => {
    const sealing = await createSealing()
    const request = { owner, record: Uint8Array.of(1) }
    await expect(openRecord(sealing, request)).rejects.toBeInstanceOf(MalformedBytes)
    await expect(openStoredRecord(sealing, request)).rejects.toThrow('A stored pin cannot be read')
  })
})
