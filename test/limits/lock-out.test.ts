import { expect, test } from '@jest/globals'
import { addressGroup } from '../../src/limits/address-group.js'
import { createLockOut } from '../../src/limits/lock-out.js'

const RULE = { failures: 3, ms: 1000, scope: 'address' } as const
const HERE = '192.0.2.1'
const THERE = '192.0.2.2'

function withClock(rule: Parameters<typeof createLockOut>[0] = RULE) {
  const clock = { now: 1_000_000 }
  return { clock, lockOut: createLockOut(rule, () => clock.now) }
}

function fail(lockOut: ReturnType<typeof createLockOut>, times: number, address = HERE): void {
  for (let count = 0; count < times; count += 1) lockOut.failed('AK', address)
}

test('locks a name out after so many failures in a row, there and nowhere else', () => {
  const { lockOut } = withClock()
  fail(lockOut, 2)
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
  fail(lockOut, 1)
  expect(lockOut.isLocked('AK', HERE)).toBe(true)
  expect(lockOut.isLocked('AK', THERE)).toBe(false)
  expect(lockOut.isLocked('OTHER', HERE)).toBe(false)
})

test('forgets failures after a success, and after the time', () => {
  const { lockOut, clock } = withClock()
  fail(lockOut, 2)
  lockOut.succeeded('AK', HERE)
  fail(lockOut, 2)
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
  fail(lockOut, 1)
  clock.now += 999
  expect(lockOut.isLocked('AK', HERE)).toBe(true)
  clock.now += 1
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
  fail(lockOut, 3)
  // A clock that is set back locks nobody out for longer.
  clock.now -= 500
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
})

test('locks out everywhere where it is told to', () => {
  const { lockOut } = withClock({ ...RULE, scope: 'everywhere' })
  fail(lockOut, 2)
  fail(lockOut, 1, THERE)
  expect(lockOut.isLocked('AK', '198.51.100.1')).toBe(true)
})

test('locks nobody out where it is off', () => {
  const { lockOut } = withClock({ ...RULE, failures: 0 })
  fail(lockOut, 100)
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
})

test('keeps a bounded number of names, and is not made to forget by names that are made up', () => {
  const { lockOut } = withClock()
  fail(lockOut, 3)
  for (const name of ['first', 'first', 'second', 'second']) lockOut.failed(name, HERE)
  for (let index = 0; index < 19_999; index += 1) lockOut.failed(`made up ${index}`, HERE)
  // The one that failed first is forgotten, the other is not, and who was locked out still is.
  for (const name of ['second', 'first']) lockOut.failed(name, HERE)
  const names = ['AK', 'first', 'second']
  expect(names.map((name) => lockOut.isLocked(name, HERE))).toEqual([true, false, true])
})

test('keeps a bounded number of names that are locked out', () => {
  const { lockOut } = withClock({ ...RULE, failures: 1 })
  fail(lockOut, 1)
  for (let index = 0; index < 19_999; index += 1) lockOut.failed(`made up ${index}`, HERE)
  expect(lockOut.isLocked('AK', HERE)).toBe(true)
  lockOut.failed('one more', HERE)
  expect(lockOut.isLocked('AK', HERE)).toBe(false)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0001:ffff::', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['', ''],
])('the address %s is of the group %s', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})
