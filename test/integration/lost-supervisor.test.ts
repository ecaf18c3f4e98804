import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { agentPids, httpProcessPids, isAlive, until } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { faultyStand, whyNoStand } from '../support/fault-injector/faulty-stand.js'

const HTTP_PROCESS = fileURLToPath(
  new URL('../../src/processes/http-process-main.js', import.meta.url),
)
/** In which a process that starts has ended without its supervisor; agents look for their service twice in a second. */
const AT_ONCE_MS = 2_000

describeUnless(whyNoStand, 'an HTTP process that loses its supervisor while it starts', () => {
  const stand = faultyStand()

  function settings() {
    return { ...settingsOf(stand.token), KMS_HTTP_PROCESSES: '2', KMS_AGENTS: '2' }
  }

  test('ends at once, also where it waits for the token', async () => {
    const own = await stand.start(settings())
    const [replaced = 0, served = 0] = httpProcessPids(own.pid)
    const login = stand.faults.inject({ function: 'C_Login' }, { hang: 'for-ever' })
    process.kill(replaced, 'SIGKILL')
    await until(() => login.hits() > 0, 30_000)
    const [starting = 0] = httpProcessPids(own.pid).filter((pid) => pid !== served)
    const [agent = 0] = agentPids(starting)
    expect([starting, agent].every(isAlive)).toBe(true)
    await own.end('SIGKILL')
    await until(() => ![starting, agent].some(isAlive), AT_ONCE_MS)
    // The other one serves, and ends in order.
    await until(() => !isAlive(served), 12_000)
  }, 120_000)

  test('ends without even having loaded the program', async () => {
    const child = fork(HTTP_PROCESS, ['0'], {
      env: { ...settings(), KMS_DATA_DIR: stand.path('var'), KMS_LISTEN: '127.0.0.1:0' },
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    const began = performance.now()
    child.disconnect()
    await ended
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS)
    expect(stand.faults.processes()).toEqual([])
  }, 60_000)
})
