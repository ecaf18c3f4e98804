import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import type { FunctionFigure, HsmCall, HsmObserver } from '../../src/core/hsm-observer.js'
import { newKeyId } from '../../src/core/ids.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined

describeUnless(reason, 'PKCS#11 functions of an agent, on SoftHSM', () => {
  let token: TestToken
  let hsm: Hsm
  let detailed: boolean | undefined
  let ended: HsmCall[] = []
  let figures: FunctionFigure[] = []
  const waits: number[] = []
  const key = { keyId: newKeyId(), version: 1 }
  const pair = { keyId: newKeyId(), version: 1 }
  const bindingKey = { keyId: newKeyId(), version: 1 }

  const observer: HsmObserver = {
    ...silentObserver,
    begins: () =>
      detailed === undefined
        ? undefined
        : { requestedAt: undefined, detailed, ended: (call) => void ended.push(call) },
    functions: (told) => void figures.push(...told),
    waited: (seconds) => void waits.push(seconds),
  }

  beforeAll(async () => {
    token = await openSoftHsmToken()
    hsm = await openTestHsm(token, { agents: 1, observer })
    await hsm.generateKey({ key, kind: 'wrapping', label: 'a' })
    await hsm.generateKey({ key: bindingKey, kind: 'binding', label: 'b' })
    await hsm.generatePair({ key: pair, algorithm: 'rsa-2048', use: 'decrypt', label: 'c' })
  }, 60_000)
  afterAll(async () => {
    await hsm.close()
    await token.remove()
  })

  function wrap() {
    const nothing = new Uint8Array()
    const binding = { key: bindingKey, before: nothing, after: nothing }
    return hsm.wrap({ key, secret: Buffer.alloc(32, 7), binding })
  }

  function only(calls: readonly HsmCall[]): HsmCall {
    const [call, ...others] = calls
    if (!call || others.length > 0) throw new Error(`There were ${calls.length} calls.`)
    return call
  }

  async function watched(wish: boolean, run: () => Promise<unknown>): Promise<HsmCall> {
    detailed = wish
    ended = []
    await run()
    detailed = undefined
    return only(ended)
  }

  test('are told with their times where a call asks, within the time that the call took', async () => {
    const { functions, ...call } = await watched(true, wrap)
    expect(call).toMatchObject({ command: 'wrap', outcome: 'ok', attempts: 1 })
    expect(functions.map(({ name }) => name)).toEqual([
      'C_CreateObject',
      'C_WrapKey',
      'C_DestroyObject',
      'C_SignInit',
      'C_Sign',
    ])
    let before = call.handedOverAt ?? Infinity
    for (const { at, ms, rv } of functions) {
      expect(rv).toBeUndefined()
      expect(ms).toBeGreaterThan(0)
      // The clock that both processes read has a resolution of its own.
      expect(at).toBeGreaterThan(before - 0.01)
      before = at + ms
    }
    expect(before).toBeLessThan(call.endedAt)
  })

  test('are not told where no call asks', async () => {
    expect((await watched(false, wrap)).functions).toEqual([])
  })

  test('that fail are told with their return value', async () => {
    const { outcome, functions } = await watched(true, async () => {
      const request = { key: pair, hash: 'sha1', ciphertext: Buffer.alloc(256, 1) } as const
      await expect(hsm.decryptOaep(request)).rejects.toThrow(HsmError)
    })
    expect(outcome).toBe('not-authentic')
    const failed = functions.filter(({ rv }) => rv !== undefined)
    expect(failed.length).toBeGreaterThan(0)
    for (const { name, rv } of failed) expect([name, (rv ?? 0) > 0]).toEqual(['C_Decrypt', true])
  })

  test('are told up to 200 of one call, and counted all of them', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    await wrap()
    figures = []
    const keys = Array.from({ length: 60 }, () => ({ keyId: newKeyId(), version: 1 }))
    for (const one of keys) await hsm.generateKey({ key: one, kind: 'binding', label: 'many' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { functions } = await watched(true, () => hsm.inspectKeys())
    expect(functions).toHaveLength(200)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await wrap()
    const made = figures.filter(({ name }) => name === 'C_GenerateKey')
    expect(made.reduce((sum, { calls }) => sum + calls, 0)).toBe(60)
    const read = figures.filter(({ name }) => name === 'C_GetAttributeValue')
    expect(read.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(200)
    expect(read.every(({ ms }) => ms > 0)).toBe(true)
  })

  test('are told a few times a second, however many calls there are', async () => {
    figures = []
    const startedAt = performance.now()
    for (let index = 0; index < 400; index++) await wrap()
    const seconds = (performance.now() - startedAt) / 1000
    const told = figures.filter(({ name }) => name === 'C_WrapKey')
    expect(told.length).toBeLessThanOrEqual(4 * seconds + 2)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await wrap()
    const all = figures.filter(({ name }) => name === 'C_WrapKey')
    expect(all.reduce((sum, { calls }) => sum + calls, 0)).toBe(401)
  })

  test('come after a wait that is told, too', () => {
    expect(waits.length).toBeGreaterThan(400)
    expect(waits.every((seconds) => seconds >= 0 && seconds < 10)).toBe(true)
  })
})
