import { beforeEach, expect, test } from '@jest/globals'
import type { Authenticator } from '../../src/auth/authenticator.js'
import { lockedOut } from '../../src/auth/locked-out.js'
import { HsmError } from '../../src/core/hsm.js'
import { createLockOut } from '../../src/limits/lock-out.js'
import { type Bench, VECTOR, createBench, referenceSign } from '../support/sign.js'

let bench: Bench
let authenticator: Authenticator
beforeEach(async () => {
  bench = await createBench()
  const rule = { failures: 3, ms: 60_000, scope: 'address' } as const
  authenticator = lockedOut(
    bench.authenticator,
    createLockOut(rule, () => bench.now),
  )
})

function send(
  changed: { secretAccessKey?: string; accessKeyId?: string } = {},
  address = '192.0.2.1',
) {
  const request = referenceSign({
    method: 'GET',
    url: '/v1.0/p/kms/aliases',
    headers: { 'x-sdk-date': VECTOR.date },
    ...changed,
  })
  return authenticator.authenticate({ ...request, client: { ...request.client, address } })
}

const WRONG = { secretAccessKey: 'wrong' }
const LOCKED = 'AK access failed to reach the limit'

test('an access key is not listened to from an address where it failed, and is from others', async () => {
  for (let count = 0; count < 3; count += 1)
    await expect(send(WRONG)).rejects.toThrow('verify aksk')
  await expect(send()).rejects.toThrow(LOCKED)
  await expect(send({}, '192.0.2.2')).resolves.toBeDefined()
  bench.now += 60_000
  await expect(send()).resolves.toBeDefined()
})

test('a success between failures is a new beginning', async () => {
  for (let round = 0; round < 4; round += 1) {
    for (let count = 0; count < 2; count += 1) await expect(send(WRONG)).rejects.toThrow('verify')
    await expect(send()).resolves.toBeDefined()
  }
})

test('one that does not exist is locked out like one that does', async () => {
  const unknown = { accessKeyId: 'AKUNKNOWN00000000001' }
  for (let count = 0; count < 3; count += 1) await expect(send(unknown)).rejects.toThrow('verify')
  await expect(send(unknown)).rejects.toThrow(LOCKED)
})

test('what is not the fault of the caller counts for nothing', async () => {
  const failing: Authenticator = {
    authenticate: () => Promise.reject(new HsmError('unavailable', 'No token.')),
  }
  const rule = { failures: 1, ms: 60_000, scope: 'everywhere' } as const
  authenticator = lockedOut(
    failing,
    createLockOut(rule, () => bench.now),
  )
  for (let count = 0; count < 3; count += 1) await expect(send()).rejects.toThrow('No token.')
})
