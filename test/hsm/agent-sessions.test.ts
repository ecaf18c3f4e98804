import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Hsm, HsmError, type HsmFailure } from '../../src/core/hsm.js'
import type { AgentCounts } from '../../src/core/hsm-observer.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'
import { CKR } from '../../src/hsm/return-values.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { type HsmTestOptions, openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined

describeUnless(reason, 'an agent with several sessions, on SoftHSM', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  async function injected() {
    const { token, faults } = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => token.remove())
    /** Opens one agent and waits until it has all its sessions, or those that it can have. */
    async function open(options: HsmTestOptions, sessions = options.sessions): Promise<Bench> {
      const hsm = await openTestHsm(token, { agents: 1, ...options })
      opened.push(() => hsm.close())
      const [pid] = agentPids().slice(-1)
      await until(
        () => faults.processes().find((one) => one.pid === pid)?.openSessions === sessions,
      )
      return bench(hsm)
    }
    return { faults, open }
  }

  test('initialises the library and logs in once, and opens a session for each thread', async () => {
    const { faults, open } = await injected()
    const { roundTrip } = await open({ sessions: 4 })
    await Promise.all(Array.from({ length: 200 }, () => roundTrip()))
    const [agent] = faults.processes()
    expect(agent?.openSessions).toBe(4)
    expect(agent?.calls).toMatchObject({ C_Initialize: 1, C_Login: 1, C_OpenSession: 4 })
    expect(agent?.calls).not.toHaveProperty('C_Logout')
    expect(faults.processes()).toHaveLength(1)
    expect(faults.staleUses()).toBe(0)
  })

  test('makes a call in each session at a time, and hands each call to the next idle one', async () => {
    const { faults, open } = await injected()
    const { hsm } = await open({ sessions: 4 })
    const slow = faults.inject({ function: 'C_GenerateRandom' }, { delayMicroseconds: 300_000 })
    const endless = faults.inject(
      { function: 'C_GenerateRandom', count: 1 },
      { hang: 'until-removed' },
    )
    const startedAt = performance.now()
    let ended = 0
    const calls = Array.from({ length: 10 }, () => hsm.random(8).then(() => ended++))
    // One session is at the endless call; the three others do three rounds of three meanwhile.
    await until(() => ended === 9)
    const ms = performance.now() - startedAt
    expect(ms).toBeGreaterThanOrEqual(900)
    expect(ms).toBeLessThan(9 * 300)
    endless.remove()
    await Promise.all(calls)
    slow.remove()
  })

  test('ends as a whole when the library is sick; no repeatable call is lost by that', async () => {
    const { faults, open } = await injected()
    const ended: string[] = []
    const { roundTrip } = await open({ sessions: 4, observer: watching(ended) })
    const [before] = agentPids()
    faults.inject({ function: 'C_WrapKey', from: 20, count: 1 }, { returnValue: CKR.GENERAL_ERROR })
    await Promise.all(Array.from({ length: 100 }, () => roundTrip()))
    expect(ended).toEqual(['sick'])
    expect(agentPids()).not.toContain(before)
    await until(() => faults.processes().at(-1)?.openSessions === 4)
    expect(faults.staleUses()).toBe(0)
  })

  test('replaces a session that is lost by a new one, over which no PIN is tried', async () => {
    const { faults, open } = await injected()
    const ended: string[] = []
    const { roundTrip } = await open({ sessions: 4, observer: watching(ended) })
    const lost = CKR.SESSION_HANDLE_INVALID
    faults.inject({ function: 'C_WrapKey', from: 9, count: 2 }, { returnValue: lost })
    await Promise.all(Array.from({ length: 100 }, () => roundTrip()))
    const [agent] = faults.processes()
    expect(agent?.calls).toMatchObject({ C_Login: 1, C_OpenSession: 6, C_CloseSession: 2 })
    expect(agent?.openSessions).toBe(4)
    expect(faults.staleUses()).toBe(0)
    expect(ended).toEqual([])
  })

  test('keeps its login when it loses the only session that it has', async () => {
    const { faults, open } = await injected()
    const ended: string[] = []
    const others = faults.inject(
      { function: 'C_OpenSession', from: 2 },
      { returnValue: CKR.SESSION_COUNT },
    )
    const { roundTrip } = await open({ sessions: 3, observer: watching(ended) }, 1)
    await until(() => faults.calls('C_OpenSession') === 3)
    others.remove()
    const lost = CKR.SESSION_HANDLE_INVALID
    faults.inject({ function: 'C_WrapKey', count: 1 }, { returnValue: lost })
    await Promise.all(Array.from({ length: 20 }, () => roundTrip()))
    expect(ended).toEqual([])
    expect(faults.processes()).toMatchObject([{ openSessions: 1, calls: { C_Login: 1 } }])
    expect(faults.staleUses()).toBe(0)
  })

  test('gives a lost session back first where the token has none left', async () => {
    const { faults, open } = await injected()
    const ended: string[] = []
    const { roundTrip } = await open({ sessions: 2, observer: watching(ended) })
    faults.inject({ function: 'C_OpenSession', count: 1 }, { returnValue: CKR.SESSION_COUNT })
    const lost = CKR.SESSION_HANDLE_INVALID
    faults.inject({ function: 'C_WrapKey', count: 1 }, { returnValue: lost })
    await Promise.all(Array.from({ length: 40 }, () => roundTrip()))
    expect(ended).toEqual([])
    const [agent] = faults.processes()
    expect(agent?.calls).toMatchObject({ C_Login: 1, C_OpenSession: 4, C_CloseSession: 1 })
    expect(agent?.openSessions).toBe(2)
  })

  test('is killed at the deadline of a call that hangs; the calls of its other sessions are repeated', async () => {
    const { faults, open } = await injected()
    const ended: string[] = []
    const { hsm, roundTrip } = await open({
      sessions: 3,
      timeoutMs: 2000,
      observer: watching(ended),
    })
    faults.inject({ function: 'C_GenerateRandom', count: 1 }, { hang: 'for-ever' })
    const stuck = failure(hsm.random(8))
    const startedAt = performance.now()
    while (ended.length === 0 && performance.now() - startedAt < 10_000) {
      await Promise.all(Array.from({ length: 6 }, () => roundTrip()))
    }
    expect(ended).toEqual(['hung'])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1900)
    expect(await stuck).toBe('unavailable')
    await roundTrip()
  })

  test('serves with the sessions that the token has left', async () => {
    const { faults, open } = await injected()
    faults.inject({ function: 'C_OpenSession', from: 3 }, { returnValue: CKR.SESSION_COUNT })
    const { roundTrip } = await open({ sessions: 5 }, 2)
    await Promise.all(Array.from({ length: 50 }, () => roundTrip()))
    expect(faults.processes()[0]?.openSessions).toBe(2)
  })

  test('takes the sessions that were refused to it when the token has them again', async () => {
    const { faults, open } = await injected()
    const full = faults.inject(
      { function: 'C_OpenSession', from: 3 },
      { returnValue: CKR.SESSION_COUNT },
    )
    let told: AgentCounts | undefined
    const observer = { ...silentObserver, agents: (counts: AgentCounts) => void (told = counts) }
    const { roundTrip } = await open({ sessions: 5, observer }, 2)
    await until(() => told?.sessions === 2)
    // All three were refused, and one of them once more.
    await until(() => faults.calls('C_OpenSession') === 6, 5_000)
    full.remove()
    await until(() => told?.sessions === 5, 10_000)
    expect(told).toEqual({ ready: 1, starting: 0, sessions: 5, wantedSessions: 5 })
    expect(faults.processes()).toMatchObject([{ openSessions: 5 }])
    await Promise.all(Array.from({ length: 50 }, () => roundTrip()))
    expect(faults.processes()).toMatchObject([{ calls: { C_Login: 1 } }])
  })

  test('is not started where the first session is refused', async () => {
    const { faults, open } = await injected()
    faults.inject({ function: 'C_OpenSession' }, { returnValue: CKR.SESSION_COUNT })
    await expect(open({ sessions: 5 })).rejects.toMatchObject({ failure: 'token' })
    await until(() => agentPids().length === 0)
  })

  test('never serves over a session that is not logged in', async () => {
    const { faults, open } = await injected()
    // A session without its login: C_GetSessionInfo is the one call that the threads after the first one judge it by.
    faults.inject({ function: 'C_GetSessionInfo' }, { returnValue: CKR.SESSION_HANDLE_INVALID })
    const { roundTrip } = await open({ sessions: 3 }, 1)
    await until(() => faults.calls('C_CloseSession') === 2)
    await Promise.all(Array.from({ length: 20 }, () => roundTrip()))
    expect(faults.calls('C_Login')).toBe(1)
    // Also of those that are asked for again.
    await until(() => faults.calls('C_GetSessionInfo') === faults.calls('C_CloseSession'))
    expect(faults.processes()[0]?.openSessions).toBe(1)
  })

  test('ends with its service, even while a call hangs in one of its sessions', async () => {
    const { faults, open } = await injected()
    const { hsm } = await open({ sessions: 3, timeoutMs: 60_000 })
    faults.inject({ function: 'C_GenerateRandom', count: 1 }, { hang: 'for-ever' })
    void failure(hsm.random(8))
    await until(() => faults.calls('C_GenerateRandom') > 0)
    await hsm.close()
    await until(() => agentPids().length === 0)
  })

  test('finds keys that were there before, and those that another session makes or destroys', async () => {
    const { open } = await injected()
    const first = await open({ sessions: 1 })
    const keys = await Promise.all(Array.from({ length: 20 }, () => made(first.hsm)))
    const { hsm } = await open({ sessions: 4 })
    await Promise.all([...keys, ...keys].map((key) => hsm.checkValue({ key, kind: 'wrapping' })))
    const later = await made(hsm)
    await Promise.all(
      Array.from({ length: 12 }, () => hsm.checkValue({ key: later, kind: 'wrapping' })),
    )
    await hsm.destroyKey(later)
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => failure(hsm.checkValue({ key: later, kind: 'wrapping' }))),
    )
    expect(new Set(answers)).toEqual(new Set(['key-missing']))
  })

  test('does everything that an agent with one session does: agents are recycled without a failed call', async () => {
    const { open } = await injected()
    const ended: string[] = []
    const { roundTrip } = await open({
      sessions: 4,
      observer: watching(ended),
      changeProfile: (profile) => ({ ...profile, recycleAfterCalls: 200 }),
    })
    for (const end = Date.now() + 20_000; ended.length < 2 && Date.now() < end;) {
      await Promise.all(Array.from({ length: 20 }, () => roundTrip()))
    }
    expect(new Set(ended)).toEqual(new Set(['recycled']))
  })
})

describe('an agent with one session', () => {
  test('has no thread for it, but one that looks whether the service is there', async () => {
    const token = await openSoftHsmToken()
    const [one, four] = [
      await openTestHsm(token, { agents: 1 }),
      await openTestHsm(token, { agents: 1, sessions: 4 }),
    ]
    const [ofOne = 0, ofFour = 0] = agentPids().map(
      (pid) => readdirSync(`/proc/${pid}/task`).length,
    )
    const watching = 1
    expect(ofFour - (ofOne - watching)).toBe(4)
    await Promise.all([one.close(), four.close()])
    await token.remove()
  })
})

interface Bench {
  readonly hsm: Hsm
  /** Wraps and unwraps a secret of its own, and compares. */
  roundTrip(this: void): Promise<void>
}

async function bench(hsm: Hsm): Promise<Bench> {
  const [key, bindingKey] = [await made(hsm), freshKey()]
  await hsm.generateKey({ key: bindingKey, kind: 'binding', label: 'test binding' })
  let calls = 0
  const binding = { key: bindingKey, before: Buffer.from('before'), after: Buffer.from('after') }
  return {
    hsm,
    async roundTrip() {
      const secret = Buffer.alloc(32, `secret ${calls++} `)
      const bound = await hsm.wrap({ key, secret: Buffer.from(secret), binding })
      const back = await hsm.unwrap({ key, binding, ...bound })
      expect(Buffer.from(back).toString('hex')).toBe(secret.toString('hex'))
    },
  }
}

async function made(hsm: Hsm): Promise<KeyRef> {
  const key = freshKey()
  await hsm.generateKey({ key, kind: 'wrapping', label: 'test wrapping' })
  return key
}

function freshKey(): KeyRef {
  return { keyId: newKeyId(), version: 1 }
}

function watching(ended: string[]): HsmTestOptions['observer'] & object {
  return { ...silentObserver, agentEnded: (why) => void ended.push(why) }
}

async function failure(call: Promise<unknown>): Promise<HsmFailure | 'answered'> {
  try {
    await call
    return 'answered'
  } catch (error) {
    if (error instanceof HsmError) return error.failure
    throw error
  }
}
