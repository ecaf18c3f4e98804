import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { HsmCall } from '../../src/core/hsm-observer.js'
import { CallScope, FollowedCall } from '../../src/telemetry/followed-call.js'

const CALL: HsmCall = {
  command: 'wrap',
  outcome: 'ok',
  arrivedAt: 100,
  handedOverAt: 130,
  endedAt: 170,
  attempts: 1,
  slow: false,
  functions: [],
}

function followed() {
  const scope = new CallScope()
  return { scope, call: new FollowedCall(scope, 0, undefined) }
}

function end(call: FollowedCall): void {
  call.end({ code: 'ok', status: 200, keyId: undefined }, performance.now())
}

describe('a call that is followed without a trace', () => {
  test('counts a stage until the next one begins', async () => {
    const { call } = followed()
    await call.stage('receive', () => pause(20))
    await call.stage('authenticate', () => pause(40))
    call.rest()
    await pause(30)
    await call.store('keys.find', () => pause(20))
    end(call)
    await pause(20)
    const { receive, authenticate, store, hsm, audit } = call.times
    expect(receive).toBeGreaterThan(18)
    expect(authenticate).toBeGreaterThan(38)
    expect(store).toBeGreaterThan(18)
    expect(receive + authenticate + store).toBeLessThan(20 + 40 + 20 + 30)
    expect([hsm, audit]).toEqual([0, 0])
  })

  test('counts the stage in which it fails', async () => {
    const { call } = followed()
    const failing = call.stage('audit', async () => {
      await pause(20)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    end(call)
    expect(call.times.audit).toBeGreaterThan(18)
  })

  test('tells the wait for an agent from its work', () => {
    const { scope, call } = followed()
    const watch = call.hsm(() => scope.hsmWatch())
    watch?.ended(CALL)
    expect(call.times).toMatchObject({ queue: 30, hsm: 40 })
    expect(watch?.detailed).toBe(false)
  })

  test('counts a call that no agent got as waiting alone', () => {
    const { scope, call } = followed()
    call.hsm(() => scope.hsmWatch())?.ended({ ...CALL, outcome: 'busy', handedOverAt: undefined })
    expect(call.times).toMatchObject({ queue: 70, hsm: 0 })
  })
})

describe('whose call to the HSM it is', () => {
  test('is known in the turn in which the port is called, and no longer', async () => {
    const { scope, call } = followed()
    let later: unknown = 'unset'
    const now = call.hsm(() => {
      void Promise.resolve().then(() => (later = scope.hsmWatch()))
      return scope.hsmWatch()
    })
    expect(now).toBeDefined()
    expect(scope.hsmWatch()).toBeUndefined()
    await pause(0)
    expect(later).toBeUndefined()
  })

  test('tells the HSM when its request arrived', () => {
    const scope = new CallScope()
    const call = new FollowedCall(scope, 1234, undefined)
    expect(call.hsm(() => scope.hsmWatch())?.requestedAt).toBe(1234)
  })

  test('tells the HSM a later moment after a call with a deadline of its own', () => {
    const scope = new CallScope()
    const call = new FollowedCall(scope, 1234, undefined)
    const watch = call.hsm(() => scope.hsmWatch())
    watch?.ended({ ...CALL, slow: true })
    const took = CALL.endedAt - CALL.arrivedAt
    expect(call.hsm(() => scope.hsmWatch())?.requestedAt).toBe(1234 + took)
    watch?.ended(CALL)
    expect(call.hsm(() => scope.hsmWatch())?.requestedAt).toBe(1234 + took)
  })

  test('is forgotten when the port throws', () => {
    const { scope, call } = followed()
    expect(() =>
      call.hsm(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(scope.hsmWatch()).toBeUndefined()
  })

  test('is not mixed up between calls that are under way together', () => {
    const scope = new CallScope()
    const [one, other] = [
      new FollowedCall(scope, 0, undefined),
      new FollowedCall(scope, 0, undefined),
    ]
    const watches = [one, other, one].map((call) => call.hsm(() => scope.hsmWatch()))
    for (const watch of watches) watch?.ended(CALL)
    expect([one.times.hsm, other.times.hsm]).toEqual([80, 40])
  })
})
