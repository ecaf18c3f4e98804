import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from '@jest/globals'
import { type Hsm, HsmError } from '../../src/core/hsm.js'
import { type KeyRef, newKeyId } from '../../src/core/ids.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { inNewFolder } from '../support/folder.js'
import { type HsmTestOptions, openTestHsm, silentObserver } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()
const SHA256_HMAC = 0x251
const KEY_WRAP_PAD = 0x210a
const DEVICE_ERROR = 0x30

describeUnless(reason, 'the fault injector, around SoftHSM', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  async function around() {
    const wrapped = FaultInjector.around(await openSoftHsmToken())
    opened.push(() => wrapped.token.remove())
    return wrapped
  }

  async function open(options: HsmTestOptions = {}) {
    const { token, faults } = await around()
    const agents = options.agents ?? 1
    let ready = 0
    const watch = {
      ...silentObserver,
      agents: (counts: { ready: number }) => void (ready = counts.ready),
    }
    const hsm = await openTestHsm(token, { observer: watch, ...options, agents })
    opened.push(() => hsm.close())
    if (options.observer === undefined) await until(() => ready === agents)
    return { hsm, faults }
  }

  test('forwards calls, and counts them for each process', async () => {
    const { hsm, faults } = await open({ agents: 2 })
    const { key } = await keys(hsm)
    expect((await hsm.checkValue({ key, kind: 'wrapping' })).length).toBeGreaterThan(0)
    const processes = faults.processes()
    expect(processes.map(({ pid }) => pid).sort()).toEqual([...agentPids()].sort())
    for (const { calls, openSessions } of processes) {
      expect(calls['C_Login']).toBe(1)
      expect(openSessions).toBe(1)
    }
    expect(faults.calls('C_Initialize')).toBe(2)
    expect(faults.staleUses()).toBe(0)
  })

  test('returns a value instead of the library, from the n-th call on and for some calls', async () => {
    const { hsm, faults } = await open()
    const match = { function: 'C_GenerateRandom', from: 3, count: 2, every: 2 }
    const fault = faults.inject(match, { returnValue: 0x1b })
    const outcomes: string[] = []
    for (let call = 0; call < 7; call++) outcomes.push(await outcome(hsm.random(8)))
    expect(outcomes).toEqual(['ok', 'ok', '0x1b', 'ok', '0x1b', 'ok', 'ok'])
    expect([fault.hits(), fault.fitting()]).toEqual([2, 7])
    fault.remove()
    expect([fault.hits(), fault.fitting()]).toEqual([2, 7])
  })

  test('loses the answer of a call that the library did', async () => {
    const { hsm, faults } = await open()
    const key = freshKey()
    faults.inject({ function: 'C_GenerateKey' }, { returnValueAfter: DEVICE_ERROR })
    expect(await outcome(hsm.generateKey({ key, kind: 'wrapping', label: 'lost' }))).not.toBe('ok')
    faults.clear()
    expect(await outcome(hsm.checkValue({ key, kind: 'wrapping' }))).toBe('ok')
  })

  test('overwrites bytes of an answer, and no others', async () => {
    const { hsm, faults } = await open()
    const overwrite = { byte: 0xa5, run: 2, stride: 16 }
    const fault = faults.inject({ function: 'C_GenerateRandom' }, { overwrite })
    const bytes = await hsm.random(64)
    expect(Array.from(bytes).filter((_, at) => at % 16 < 2)).toEqual(Array(8).fill(0xa5))
    expect(new Set(bytes).size).toBeGreaterThan(32)
    expect(fault.hits()).toBe(1)
    fault.remove()
    expect(Array.from(await hsm.random(64)).filter((byte) => byte === 0xa5).length).toBeLessThan(8)
  })

  test('delays calls', async () => {
    const { hsm, faults } = await open()
    faults.inject({ function: '*' }, { delayMicroseconds: 50_000 })
    const began = performance.now()
    await hsm.random(8)
    expect(performance.now() - began).toBeGreaterThanOrEqual(50)
  })

  test('lets a call hang until the fault is removed', async () => {
    const { hsm, faults } = await open()
    const fault = faults.inject({ function: 'C_GenerateRandom' }, { hang: 'until-removed' })
    const call = outcome(hsm.random(8))
    await until(() => fault.hits() === 1)
    setTimeout(() => fault.remove(), 200)
    expect(await call).toBe('ok')
    expect(faults.calls('C_Initialize')).toBe(1)
  })

  test('lets a call hang for ever', async () => {
    const ended: string[] = []
    const observer = { ...silentObserver, agentEnded: (why: string) => void ended.push(why) }
    const { hsm, faults } = await open({ timeoutMs: 1500, observer })
    const match = { function: 'C_GenerateRandom', count: 1 }
    const fault = faults.inject(match, { hang: 'for-ever' })
    const call = outcome(hsm.random(8))
    await until(() => fault.hits() === 1)
    fault.remove()
    expect(await call).not.toBe('ok')
    await until(() => ended.length > 0)
    expect(ended).toEqual(['hung'])
  })

  test.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)('ends the process by %s', async (kill) => {
    const ended: string[] = []
    const observer = { ...silentObserver, agentEnded: (why: string) => void ended.push(why) }
    const { hsm, faults } = await open({ observer })
    const fault = faults.inject({ function: 'C_GenerateRandom', count: 1 }, { kill })
    expect(await outcome(hsm.random(8))).toBe('ok')
    expect(fault.hits()).toBe(1)
    await until(() => ended.length > 0)
    expect(ended).toEqual(['crashed'])
  })

  test('tells mechanisms and processes apart', async () => {
    const { hsm, faults } = await open({ agents: 2 })
    const { key, binding } = await keys(hsm)
    const macs = faults.inject({ function: 'C_Sign', mechanism: SHA256_HMAC }, noDelay)
    const wraps = faults.inject({ function: 'C_WrapKey', mechanism: KEY_WRAP_PAD }, noDelay)
    const others = faults.inject({ function: 'C_Sign', mechanism: KEY_WRAP_PAD }, noDelay)
    const [first = 0] = faults.processes().map(({ pid }) => pid)
    const ofOne = faults.inject({ function: 'C_WrapKey', pid: first }, noDelay)
    const claimed = faults.inject({ function: 'C_WrapKey', oneProcess: true }, noDelay)
    const secret = Buffer.alloc(32, 'x')
    const calls = Array.from({ length: 200 }, () => hsm.wrap({ key, secret, binding }))
    await Promise.all(calls)
    expect([macs.hits(), wraps.hits(), others.hits()]).toEqual([200, 200, 0])
    const shares = faults.processes().map((one) => one.calls['C_WrapKey'] ?? 0)
    expect(ofOne.hits()).toBeLessThan(200)
    expect(ofOne.hits()).toBeGreaterThan(0)
    expect(shares.reduce((sum, share) => sum + share)).toBeGreaterThanOrEqual(200)
    expect(claimed.hits()).toBeLessThan(200)
    expect([ofOne.hits(), 200 - ofOne.hits()]).toContain(claimed.hits())
  })

  test('counts the use of handles whose time is over', async () => {
    const { token, faults } = await around()
    const uses = await raw('stale', faults.module, token)
    // The library refuses the closed session; the object it may take for another one.
    expect(uses).toMatchObject({ session: true })
    const [counted] = faults.processes()
    expect(counted).toMatchObject({ staleSessions: 2, staleObjects: 2 })
    expect(counted?.lastStale).toBe('C_DestroyObject')
  })

  test('costs less than a microsecond for each call while no fault is in force', async () => {
    const { token, faults } = await around()
    const bare = parseTokenUri(token.uri)
    const direct = await raw('cost', faults.environment['FAULT_INJECTOR_MODULE'] ?? '', token)
    const through = await raw('cost', bare.modulePath, token)
    expect(nanoseconds(through) - nanoseconds(direct)).toBeLessThan(1000)
  })

  test('is built once by runs that start together', () =>
    inNewFolder(async (folder) => {
      const program = fileURLToPath(new URL('./build-program.js', import.meta.url))
      const runs = [1, 2, 3].map(() => promisify(execFile)(process.execPath, [program, folder]))
      const built = await Promise.all(runs)
      expect(new Set(built.map(({ stdout }) => stdout)).size).toBe(1)
      expect(readdirSync(folder)).toHaveLength(1)
    }))

  test('says which functions there are', async () => {
    const { faults } = await around()
    expect(() => faults.inject({ function: 'C_Nothing' }, noDelay)).toThrow('C_Nothing')
  })
})

/** Changes nothing, so that a rule only counts. */
const noDelay = { delayMicroseconds: 0 }

async function raw(
  mode: 'stale' | 'cost',
  module: string,
  token: { readonly uri: string; readonly environment: Readonly<Record<string, string>> },
): Promise<unknown> {
  const program = fileURLToPath(new URL('./raw-program.js', import.meta.url))
  const { token: label = '', pinFile } = parseTokenUri(token.uri)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, mode, module, label, pinFile],
    { env: { ...process.env, ...token.environment } },
  )
  return JSON.parse(stdout)
}

function nanoseconds(found: unknown): number {
  if (typeof found === 'object' && found !== null && 'nanoseconds' in found) {
    return Number(found.nanoseconds)
  }
  throw new Error('The program measured nothing.')
}

async function keys(hsm: Hsm) {
  const [key, bindingKey] = [freshKey(), freshKey()]
  await hsm.generateKey({ key, kind: 'wrapping', label: 'test wrapping' })
  await hsm.generateKey({ key: bindingKey, kind: 'binding', label: 'test binding' })
  const binding = { key: bindingKey, before: Buffer.from('before'), after: Buffer.from('after') }
  return { key, binding }
}

function freshKey(): KeyRef {
  return { keyId: newKeyId(), version: 1 }
}

/** `ok`, the number that the token returned, or the class of the failure. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'ok'
  } catch (error) {
    if (!(error instanceof HsmError)) throw error
    return error.rv === undefined ? error.failure : `0x${error.rv.toString(16)}`
  }
}
