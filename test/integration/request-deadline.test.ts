import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { agentPids } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { newFolder } from '../support/folder.js'
import { text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const DEADLINE_MS = 2_000
/** How late an answer may be: the pool looks for late calls ten times in a deadline. */
const LATE_MS = 700

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'the deadline of a request', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let token: TestToken
  let faults: FaultInjector
  let service: ServiceProcess
  let keyId: string
  const clients: OneConnection[] = []

  beforeAll(async () => {
    folder = await newFolder()
    ;({ token, faults } = FaultInjector.around(await openSoftHsmToken()))
    service = await startServiceProcess(join(folder.path, 'var'), {
      ...settingsOf(token),
      KMS_AGENTS: '1',
      KMS_HSM_TIMEOUT_MS: String(DEADLINE_MS),
    })
    const { body } = await clientOf().call('create-key', { key_alias: 'late' })
    keyId = text(body['key_info'], 'key_id')
  }, 120_000)
  afterEach(() => faults.clear())
  afterAll(async () => {
    for (const client of clients) client.close()
    await service.end('SIGTERM')
    await token.remove()
    await folder.remove()
  }, 60_000)

  function clientOf(): OneConnection {
    const client = new OneConnection(service.credentials())
    clients.push(client)
    return client
  }

  /** Wraps a data key, and tells how long the answer took. */
  async function encrypt(lateMs = 0) {
    const { plain_text, datakey_plain_length } = digested(32)
    const began = performance.now()
    const answer = await clientOf().call(
      'encrypt-datakey',
      { key_id: keyId, plain_text, datakey_plain_length },
      lateMs,
    )
    return { ...answer, ms: performance.now() - began }
  }

  test('has passed for one whose body comes after it: the token hears nothing of it', async () => {
    expect((await encrypt()).status).toBe(200)
    const before = faults.calls('C_WrapKey')
    const answer = await encrypt(DEADLINE_MS + 200)
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(answer.body['error_code']).toBe('KMS.0104')
    expect(faults.calls('C_WrapKey')).toBe(before)
  }, 60_000)

  test('leaves one whose body came late what is left of it', async () => {
    const agents = agentPids(service.pid)
    const late = 1_200
    faults.inject({ function: 'C_WrapKey', count: 1 }, { delayMicroseconds: 1_500_000 })
    const answer = await encrypt(late)
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(answer.ms).toBeGreaterThanOrEqual(DEADLINE_MS - 50)
    expect(answer.ms).toBeLessThan(late + 1_500)
    // The session was at the call for less than what it may take: that is no reason to end its agent.
    expect((await encrypt()).status).toBe(200)
    expect(agentPids(service.pid)).toEqual(agents)
  }, 60_000)

  test('keeps calls from the token that waited for longer, wherever they did', async () => {
    const slow = faults.inject({ function: 'C_WrapKey' }, { delayMicroseconds: 900_000 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => encrypt()))
    const served = answers.filter(({ status }) => status === 200)
    expect(served.length).toBeGreaterThanOrEqual(1)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(8 - served.length)
    for (const { ms } of answers) expect(ms).toBeLessThan(DEADLINE_MS + LATE_MS)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    // One call could begin before the deadline and not end before it.
    expect(slow.hits()).toBeLessThanOrEqual(served.length + 1)
    faults.clear()
    expect((await encrypt()).status).toBe(200)
  }, 60_000)
})
