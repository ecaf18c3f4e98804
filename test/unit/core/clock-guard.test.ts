import { expect, test } from '@jest/globals'
import { ClockGuard } from '../../../src/core/clock-guard.js'

const MINUTE = 60_000

test('a clock that goes on is trusted', () => {
  const guard = new ClockGuard({ wall: 1_000_000, monotonic: 5 })
  expect(guard.judge({ wall: 1_000_000, monotonic: 5 })).toEqual({ jumpedMs: 0, trusted: true })
  // Hours without a look are no jump, and a time server may mend minutes.
  const later = { wall: 1_000_000 + 605 * MINUTE, monotonic: 5 + 600 * MINUTE }
  expect(guard.judge(later)).toEqual({ jumpedMs: 0, trusted: true })
})

test('a jump forward is not trusted for a quarter of an hour', () => {
  const guard = new ClockGuard({ wall: 0, monotonic: 0 })
  const jumped = guard.judge({ wall: 5 * MINUTE + 1, monotonic: 0 })
  expect(jumped).toEqual({ jumpedMs: 5 * MINUTE + 1, trusted: false })
  const before = { wall: 20 * MINUTE, monotonic: 15 * MINUTE - 1 }
  expect(guard.judge(before)).toEqual({ jumpedMs: 0, trusted: false })
  const after = { wall: 20 * MINUTE + 1, monotonic: 15 * MINUTE }
  expect(guard.judge(after)).toEqual({ jumpedMs: 0, trusted: true })
})

test('a second jump begins the quarter of an hour anew', () => {
  const guard = new ClockGuard({ wall: 0, monotonic: 0 })
  guard.judge({ wall: 60 * MINUTE, monotonic: 0 })
  guard.judge({ wall: 130 * MINUTE, monotonic: 10 * MINUTE })
  expect(guard.judge({ wall: 136 * MINUTE, monotonic: 16 * MINUTE }).trusted).toBe(false)
  expect(guard.judge({ wall: 145 * MINUTE, monotonic: 25 * MINUTE }).trusted).toBe(true)
})

test('a jump back is no matter', () => {
  const guard = new ClockGuard({ wall: 600 * MINUTE, monotonic: 0 })
  expect(guard.judge({ wall: 0, monotonic: MINUTE })).toEqual({ jumpedMs: 0, trusted: true })
})
