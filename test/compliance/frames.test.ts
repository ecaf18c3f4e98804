import { createHash } from 'node:crypto'
import { type TriedFrames, tryFrames } from '../../src/compliance/ciphertext/try-frames.js'
import { judgeFrames } from '../../src/compliance/ciphertext/frame-checks.js'
import { withChecksum } from '../../src/compliance/ciphertext/independent-frame.js'
import { createMemoryHsm } from '../support/memory-hsm.js'

/*
 * The in-memory HSM stands for the token: what is judged here is the judgement. It takes no raw wraps, so that the check of
 * them fails on it, as it must where nothing was shown.
 */

const RAW = 'CIPHERTEXT-UNWRAP-INTEGRITY'

let tried: TriedFrames
beforeAll(async () => {
  const hsm = createMemoryHsm()
  tried = await tryFrames(hsm)
  expect(await hsm.inspectKeys()).toEqual([])
})

function failing(change: Partial<TriedFrames> = {}): readonly string[] {
  return judgeFrames({ value: { ...tried, ...change } })
    .filter(({ verdict, id }) => verdict === 'fail' && id !== RAW)
    .map(({ id }) => id)
}

/** The frames with one byte of the first of a form changed. */
function withChange(form: string, offset: number, mend = true) {
  const at = tried.frames.findIndex((frame) => frame.form === form && frame.length === 32)
  return tried.frames.map((frame, index) => {
    if (index !== at) return frame
    const bytes = Uint8Array.from(frame.bytes)
    bytes[offset] = (bytes[offset] ?? 0) ^ 1
    return { ...frame, bytes: mend ? withChecksum(bytes) : bytes }
  })
}

test('frames of the service are as documented, open by OpenSSL, and do not open when they are changed', () => {
  expect(failing()).toEqual([])
  expect(tried.frames.length).toBeGreaterThan(40)
  const [datakey, text] = tried.mutations
  expect([datakey?.tries.length, text?.tries.length]).toEqual([156 + 124, 184 + 152])
})

test.each([
  ['frame version', 0, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['payload length', 2, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['algorithm', 4, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['binding-key generation', 5, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['DEK length', 6, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['key version', 8, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
  ['wrap', 12, ['CIPHERTEXT-WRAP', 'CIPHERTEXT-TAG']],
  ['tag', 52, ['CIPHERTEXT-TAG']],
  ['key id', 84, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-TAG']],
] as const)('a data-key frame with another %s is found', (_field, offset, ids) => {
  expect(failing({ frames: withChange('sealed', offset) })).toEqual(ids)
})

test('a wrong checksum is found', () => {
  expect(failing({ frames: withChange('sealed', 155, false) })).toEqual(['CIPHERTEXT-LAYOUT'])
})

test.each([
  ['reserved', 5, ['CIPHERTEXT-LAYOUT', 'CIPHERTEXT-WRAP']],
  ['IV', 52, ['CIPHERTEXT-WRAP']],
  ['ciphertext', 64, ['CIPHERTEXT-WRAP']],
] as const)('a data frame with another %s is found', (_field, offset, ids) => {
  expect(failing({ frames: withChange('text', offset) })).toEqual(ids)
})

test('another secret than was sealed is found', () => {
  const digest = createHash('sha256').update('another').digest('hex')
  const frames = tried.frames.map((frame, index) => (index === 0 ? { ...frame, digest } : frame))
  expect(failing({ frames })).toEqual(['CIPHERTEXT-WRAP'])
})

test('a mutation that opened is found, and so is one that nobody tried', () => {
  const [first, second] = tried.mutations
  if (!first || !second) throw new Error('There are no mutations.')
  const opened = first.tries.map((one, at) => (at === 7 ? { ...one, refused: false } : one))
  expect(failing({ mutations: [{ ...first, tries: opened }, second] })).toEqual([
    'CIPHERTEXT-MUTATION',
  ])
  expect(failing({ mutations: [{ ...first, tries: [] }, second] })).toEqual(['CIPHERTEXT-MUTATION'])
})

test('a wrap that the token unwraps though it was changed is found', () => {
  function verdict(rawUnwraps: TriedFrames['rawUnwraps']): string | undefined {
    const results = judgeFrames({ value: { ...tried, rawUnwraps } })
    return results.find(({ id }) => id === RAW)?.verdict
  }
  const refused = { outcome: 'refused', detail: 'no' } as const
  expect(verdict([refused, refused])).toBe('pass')
  expect(verdict([refused, { outcome: 'bytes', bytes: Uint8Array.of(1) }])).toBe('fail')
  expect(verdict([])).toBe('fail')
  expect(verdict(tried.rawUnwraps)).toBe('fail')
})

test('frames that could not be made fail every check', () => {
  const results = judgeFrames({ error: 'C_UnwrapKey returned 0x5.' })
  expect(results.map(({ verdict }) => verdict)).toEqual(results.map(() => 'fail'))
})
