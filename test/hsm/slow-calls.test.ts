import { afterEach, expect, test } from '@jest/globals'
import { type Hsm, HsmError, type HsmFailure } from '../../src/core/hsm.js'
import { newKeyId } from '../../src/core/ids.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { type HsmTestOptions, openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

/** What a call may take here; a generation takes longer. */
const TIMEOUT_MS = 2_000
const GENERATION_MS = 4_000

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'the generation of a pair, on SoftHSM', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  /** A token whose generation of pairs is slow, or hangs. */
  async function open(options: HsmTestOptions, action: 'slow' | 'hang' = 'slow') {
    const { token, faults } = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => token.remove())
    const ended: string[] = []
    let ready = 0
    const hsm = await openTestHsm(token, {
      timeoutMs: TIMEOUT_MS,
      generationTimeoutMs: 5 * GENERATION_MS,
      // A quick machine makes so many calls here that an agent would have done its share: the exchange is not what is tested.
      changeProfile: (profile) => ({ ...profile, recycleAfterCalls: 0 }),
      observer: {
        ...silentObserver,
        agents: (counts) => (ready = counts.ready),
        agentEnded: (why) => void ended.push(why),
      },
      ...options,
    })
    opened.push(() => hsm.close())
    const { agents = 2, sessions = 1 } = options
    // An agent proves the token first, for which it generates pairs as well.
    await until(() => ready === agents)
    await until(() => faults.processes().every(({ openSessions }) => openSessions === sessions))
    const fault = faults.inject(
      { function: 'C_GenerateKeyPair' },
      action === 'slow'
        ? { delayMicroseconds: 1000 * GENERATION_MS }
        : { hang: 'until-removed' as const },
    )
    return { hsm, ended, fault }
  }

  test.each([
    { agents: 2, sessions: 1, generations: 1 },
    // One session is kept from them: the rest of them waits for a turn.
    { agents: 2, sessions: 1, generations: 2 },
    { agents: 1, sessions: 3, generations: 4 },
  ])(
    'takes longer than other calls, which are served meanwhile: %j',
    async ({ agents, sessions, generations }) => {
      const { hsm, ended } = await open({ agents, sessions })
      const before = agentPids()
      const began = performance.now()
      const made = Array.from({ length: generations }, () => generate(hsm))
      let served = 0
      while (performance.now() - began < GENERATION_MS) {
        // More than travel together to one agent.
        const outcomes = await Promise.all(Array.from({ length: 40 }, () => timed(hsm)))
        for (const { outcome, ms } of outcomes) {
          expect(outcome).toBe('answered')
          expect(ms).toBeLessThan(TIMEOUT_MS)
        }
        served += outcomes.length
      }
      expect(await Promise.all(made)).toEqual(made.map(() => 'answered'))
      expect(performance.now() - began).toBeGreaterThanOrEqual(GENERATION_MS)
      expect(served).toBeGreaterThanOrEqual(80)
      expect(ended).toEqual([])
      expect(agentPids()).toEqual(before)
    },
    60_000,
  )

  test('keeps the only session, and no agent is ended for what waits behind it', async () => {
    const { hsm, ended } = await open({ agents: 1 })
    // They arrive together, and the answer of the first does not wait for the generation.
    const [first, made, behind] = [timed(hsm), generate(hsm), timed(hsm)]
    expect(await first).toMatchObject({ outcome: 'answered' })
    expect((await first).ms).toBeLessThan(TIMEOUT_MS)
    // It arrived before the generation began, or is refused at its own deadline.
    expect(['answered', 'busy']).toContain((await behind).outcome)
    const late = await timed(hsm)
    expect(late.outcome).toBe('busy')
    expect(late.ms).toBeLessThan(TIMEOUT_MS + 700)
    expect(await made).toBe('answered')
    expect((await timed(hsm)).outcome).toBe('answered')
    expect(ended).toEqual([])
  }, 60_000)

  test('counts as hung beyond its own limit, and costs its agent alone', async () => {
    const { hsm, ended, fault } = await open({ generationTimeoutMs: GENERATION_MS }, 'hang')
    const began = performance.now()
    const made = generate(hsm)
    await until(() => fault.hits() === 1)
    const [one = 0, other = 0] = agentPids()
    while (performance.now() - began < GENERATION_MS - 500) {
      expect((await timed(hsm)).outcome).toBe('answered')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(ended).toEqual([])
    expect(await made).toBe('unavailable')
    expect(performance.now() - began).toBeGreaterThanOrEqual(GENERATION_MS)
    await until(() => ended.length > 0)
    expect(ended).toEqual(['hung'])
    fault.remove()
    await until(() => agentPids().length === 2)
    expect(agentPids().filter((pid) => pid === one || pid === other)).toHaveLength(1)
    expect(await generate(hsm)).toBe('answered')
  }, 60_000)

  test('has half of the queue at most', async () => {
    const { hsm } = await open({ agents: 1, queueLimit: 4 })
    const many = Array.from({ length: 6 }, () => generate(hsm))
    const others = Array.from({ length: 2 }, () => timed(hsm))
    const outcomes = await Promise.all(many)
    expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(4)
    expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(2)
    expect((await Promise.all(others)).filter(({ ms }) => ms < TIMEOUT_MS / 2)).toEqual([])
  }, 60_000)
})

function generate(hsm: Hsm): Promise<HsmFailure | 'answered'> {
  const key = { keyId: newKeyId(), version: 1 }
  return outcomeOf(hsm.generatePair({ key, algorithm: 'ec-p256', use: 'sign', label: 'slow' }))
}

async function timed(hsm: Hsm) {
  const began = performance.now()
  const outcome = await outcomeOf(hsm.random(8))
  return { outcome, ms: performance.now() - began }
}

async function outcomeOf(call: Promise<unknown>): Promise<HsmFailure | 'answered'> {
  try {
    await call
    return 'answered'
  } catch (error) {
    if (error instanceof HsmError) return error.failure
    throw error
  }
}
