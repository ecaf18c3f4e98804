import { beforeEach, expect, test } from '@jest/globals'
import type { Authenticator } from '../../src/auth/authenticator.js'
import { type StepTime, uniformRefusals } from '../../src/auth/uniform-refusals.js'
import { KmsError } from '../../src/core/errors.js'
import { HsmError } from '../../src/core/hsm.js'
import { projectId } from '../../src/core/ids.js'
import { received } from '../support/sign.js'

const STEP_MS = 20
const CALLER = {
  projectId: projectId('0dea2644dc80d5d22ff1c01e3ebea6fc'),
  domainId: 'b168fe00ff56492495a7d22974df2d0b',
  userId: 'tester',
  authentication: 'signature',
  accessKeyId: 'AK',
} as const

let now = 1000
/** What is called at each step; nothing while nobody is there. */
let step: (() => void) | undefined
let ends: { resolve(): void; reject(error: Error): void }[] = []
let authenticator: Authenticator
const time: StepTime = {
  now: () => now,
  every(ms, call) {
    expect(ms).toBe(STEP_MS)
    step = call
    return () => (step = undefined)
  },
}

beforeEach(() => {
  now = 1000
  step = undefined
  ends = []
  authenticator = uniformRefusals(
    {
      authenticate: () =>
        new Promise((resolve, reject) => {
          ends.push({ resolve: () => resolve(CALLER), reject })
        }),
    },
    time,
  )
})

/** A request, and how it ended so far. */
function send() {
  const sent = { end: 'none' }
  const request = received({ method: 'GET', url: '/', headers: {}, body: '' })
  authenticator.authenticate(request).then(
    () => (sent.end = 'let in'),
    (error: unknown) => (sent.end = error instanceof KmsError ? 'refused' : 'failed'),
  )
  return sent
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function stepAt(at: number): Promise<void> {
  now = at
  step?.()
  await settled()
}

function refuse(place: number, at: number): void {
  now = at
  ends[place]?.reject(new KmsError('APIGW.0301', 'Nobody.'))
}

test('a refusal is told with a step that was there before, however soon it is known', async () => {
  const [first] = [send()]
  now = 1007.25
  const second = send()
  refuse(0, 1008)
  refuse(1, 1019.5)
  await settled()
  expect([first.end, second.end]).toEqual(['none', 'none'])
  await stepAt(1020)
  // The second one is 12.75 ms old.
  expect([first.end, second.end]).toEqual(['refused', 'none'])
  await stepAt(1040)
  expect(second.end).toBe('refused')
})

test.each([0.25, 1, 7.5, 19.75])(
  'how long the work took within a step makes no difference: %d ms',
  async (took) => {
    send()
    now = 1011
    const sent = send()
    refuse(1, 1011 + took)
    await settled()
    await stepAt(1030.75)
    expect(sent.end).toBe('none')
    await stepAt(1040)
    expect(sent.end).toBe('refused')
  },
)

test('one that takes longer than a step is told after a whole number of them', async () => {
  const sent = send()
  await stepAt(1020)
  refuse(0, 1021)
  await settled()
  await stepAt(1039.75)
  expect(sent.end).toBe('none')
  await stepAt(1040)
  expect(sent.end).toBe('refused')
})

test('who is let in does not wait, nor does a failure that is not the caller', async () => {
  const letIn = send()
  const failed = send()
  ends[0]?.resolve()
  ends[1]?.reject(new HsmError('unavailable', 'No token.'))
  await settled()
  expect([letIn.end, failed.end]).toEqual(['let in', 'failed'])
})

test('steps end when nobody is there, and begin with the next one', async () => {
  send()
  ends[0]?.resolve()
  await settled()
  expect(step).toBeDefined()
  await stepAt(1020)
  expect(step).toBeUndefined()
  const sent = send()
  refuse(1, 1021)
  await settled()
  await stepAt(1040)
  expect([sent.end, step === undefined]).toEqual(['refused', false])
  await stepAt(1060)
  expect(step).toBeUndefined()
})
