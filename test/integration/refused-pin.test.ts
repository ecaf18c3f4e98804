import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { agentPids, httpProcessPids, until } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { faultyStand, whyNoStand } from '../support/fault-injector/faulty-stand.js'
import { type ServiceProcess, failToStart } from '../support/service-process.js'

const PROCESSES = 3

describeUnless(whyNoStand, 'a PIN that the token refuses, with several HTTP processes', () => {
  const stand = faultyStand()

  function settings(): Readonly<Record<string, string>> {
    return {
      ...settingsOf(stand.token),
      KMS_HTTP_PROCESSES: String(PROCESSES),
      KMS_AGENTS: String(2 * PROCESSES),
    }
  }

  function agentsOf({ pid }: ServiceProcess): readonly number[] {
    return httpProcessPids(pid).flatMap((one) => agentPids(one))
  }

  async function readiness({ url }: ServiceProcess): Promise<number> {
    return (await fetch(`${url}/health/ready`)).status
  }

  async function untilReadiness(own: ServiceProcess, status: number): Promise<void> {
    const end = Date.now() + 60_000
    while ((await readiness(own)) !== status) {
      if (Date.now() > end) throw new Error(`The service did not become ${status} in time.`)
      await pause(100)
    }
  }

  test('is tried by one of them, and by none again until it is written anew', async () => {
    const own = await stand.start(settings())
    await until(() => agentsOf(own).length === 2 * PROCESSES, 30_000)
    const { pinFile } = parseTokenUri(stand.token.uri)
    const pin = await readFile(pinFile)
    await writeFile(pinFile, 'not the pin\n')
    const before = stand.faults.calls('C_Login')
    for (const agent of agentsOf(own)) process.kill(agent, 'SIGKILL')
    await until(() => stand.faults.calls('C_Login') > before, 30_000)
    await untilReadiness(own, 503)
    await pause(3_000)
    expect(stand.faults.calls('C_Login') - before).toBe(1)
    expect(httpProcessPids(own.pid)).toHaveLength(PROCESSES)

    await writeFile(pinFile, 'not this one either\n')
    await until(() => stand.faults.calls('C_Login') > before + 1, 30_000)
    await pause(3_000)
    expect(stand.faults.calls('C_Login') - before).toBe(2)

    await writeFile(pinFile, pin)
    await untilReadiness(own, 200)
    await until(() => agentsOf(own).length === 2 * PROCESSES, 30_000)
    expect(await own.end('SIGTERM')).toBe(0)
  }, 180_000)

  test('is tried once where a process is replaced', async () => {
    const own = await stand.start(settings())
    await until(() => agentsOf(own).length === 2 * PROCESSES, 30_000)
    await writeFile(parseTokenUri(stand.token.uri).pinFile, 'not the pin\n')
    const before = stand.faults.calls('C_Login')
    for (const agent of agentsOf(own)) process.kill(agent, 'SIGKILL')
    await untilReadiness(own, 503)
    await until(() => stand.faults.calls('C_Login') > before, 30_000)
    // What the token answered must be known before the process that asked it is gone.
    await pause(1_500)
    process.kill(httpProcessPids(own.pid)[0] ?? 0, 'SIGKILL')
    await until(() => httpProcessPids(own.pid).length === PROCESSES - 1, 30_000)
    await pause(4_000)
    expect(stand.faults.calls('C_Login') - before).toBe(1)
  }, 180_000)

  test('is tried once where they start, and ends the start with exit code 2', async () => {
    await writeFile(parseTokenUri(stand.token.uri).pinFile, 'not the pin\n')
    const { code, err } = await failToStart({
      ...settings(),
      KMS_LISTEN: '127.0.0.1:0',
      KMS_DATA_DIR: stand.path('var'),
    })
    expect(code).toBe(2)
    expect(err).toMatch(/refused the PIN/)
    expect(stand.faults.calls('C_Login')).toBe(1)
  }, 120_000)
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
