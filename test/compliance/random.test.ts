import { createCipheriv, randomBytes } from 'node:crypto'
import {
  PROPORTION_CUTOFF,
  REPETITION_CUTOFF,
  WINDOW,
  proportions,
  runLengths,
} from '../../src/compliance/random/health-tests.js'
import { judgeRandom } from '../../src/compliance/random/random-checks.js'

const BYTES = 128 * 1024

/** Bytes that look random and are the same each time. */
function steady(length = BYTES): Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16))
  return Uint8Array.from(cipher.update(Buffer.alloc(length)))
}

function verdicts(bytes: Uint8Array): readonly string[] {
  return judgeRandom({ value: bytes }).map(({ verdict }) => verdict)
}

test('the cutoffs are those of SP 800-90B for 8 bits and a false alarm in 2^40', () => {
  // Section 4.4.1: 1 + ceil(40 / 8).
  expect(REPETITION_CUTOFF).toBe(6)
  // Section 4.4.2: by exact arithmetic, see below.
  expect(PROPORTION_CUTOFF).toBe(1 + exactCritical())
})

/** CRITBINOM(512, 2^-8, 1 - 2^-40) in whole numbers: what is left above is 2^-40 at most, all times 256^512. */
function exactCritical(): number {
  const whole = 256n ** BigInt(WINDOW)
  let below = 0n
  let choose = 1n
  for (let count = 0; count <= WINDOW; count++) {
    below += choose * 255n ** BigInt(WINDOW - count)
    if ((whole - below) * 2n ** 40n <= whole) return count
    choose = (choose * BigInt(WINDOW - count)) / BigInt(count + 1)
  }
  return WINDOW
}

test('random bytes pass', () => {
  expect(verdicts(steady())).toEqual(['pass', 'pass'])
  expect(verdicts(Uint8Array.from(randomBytes(BYTES)))).toEqual(['pass', 'pass'])
})

test('a run that is as long as the cutoff fails, and one that is shorter does not', () => {
  for (const [length, verdict] of [
    [REPETITION_CUTOFF - 1, 'pass'],
    [REPETITION_CUTOFF, 'fail'],
  ] as const) {
    const bytes = steady()
    bytes.set([1, ...Array<number>(length).fill(0), 1], 5000)
    expect(verdicts(bytes)).toEqual([verdict, 'pass'])
  }
})

test('a run at the very end counts', () => {
  const bytes = steady()
  bytes.fill(9, -REPETITION_CUTOFF)
  expect(verdicts(bytes)[0]).toBe('fail')
})

test('a window in which its first byte is too frequent fails', () => {
  for (const [times, verdict] of [
    [PROPORTION_CUTOFF - 1, 'pass'],
    [PROPORTION_CUTOFF, 'fail'],
  ] as const) {
    const bytes = steady()
    const window = bytes.subarray(3 * WINDOW, 4 * WINDOW)
    window.forEach((byte, at) => (window[at] = byte === 77 ? 78 : byte))
    for (let time = 0; time < times; time++) window[time * 20] = 77
    expect(verdicts(bytes)).toEqual(['pass', verdict])
    expect(proportions(bytes)[3]).toBe(times)
  }
})

test('no bytes, and a generator that gives too few, fail', () => {
  expect(verdicts(new Uint8Array(0))).toEqual(['fail', 'fail'])
  const short = steady()
  short.fill(0, BYTES / 2)
  expect(verdicts(short)).toEqual(['fail', 'fail'])
})

test('runs are counted by their length', () => {
  expect([...runLengths(Uint8Array.of(1, 1, 2, 3, 3, 3))]).toEqual([
    [2, 1],
    [1, 1],
    [3, 1],
  ])
})

test('both say what they do not prove', () => {
  for (const { remarks } of judgeRandom({ value: steady() })) {
    expect(remarks.join(' ')).toContain('does not prove entropy')
  }
})
