import { expect, test } from '@jest/globals'
import { agentPids, isAlive, until } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import type { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { faultyStand, whyNoStand } from '../support/fault-injector/faulty-stand.js'
import { ConnectionLost, OfficialClient } from '../support/official-client.js'
import { readyAgents } from '../support/ready-agents.js'

describeUnless(whyNoStand, 'an agent that hangs inside its library', () => {
  const stand = faultyStand({ sessionsPerAgent: 3 })

  test.each([1, 3])(
    'ends with a service that is killed (sessions: %d)',
    async (sessions) => {
      const { own, calls } = await hang({ sessions })
      const agents = agentPids(own.pid)
      expect(agents).toHaveLength(2)
      await own.end('SIGKILL')
      const killedAt = performance.now()
      await until(() => !agents.some(isAlive), 2_000)
      expect(performance.now() - killedAt).toBeLessThan(2_000)
      // The other agent may have answered some; a call inside the hung one can only be lost.
      const outcomes = await calls
      expect(outcomes).toContain('lost')
      expect(outcomes).not.toContain('failed')
    },
    120_000,
  )

  test('ends while it still starts, too', async () => {
    const { own, calls } = await hang({ sessions: 1 })
    stand.faults.inject({ function: 'C_Login' }, { hang: 'for-ever' })
    const [hung] = agentPids(own.pid)
    process.kill(hung ?? 0, 'SIGKILL')
    await until(() => startingIn(stand.faults) !== undefined)
    const starting = startingIn(stand.faults) ?? 0
    await own.end('SIGKILL')
    await until(() => !isAlive(starting), 2_000)
    await calls
  }, 120_000)

  /** A service of two agents, one of which hangs in C_WrapKey, with the calls that are under way. */
  async function hang({ sessions }: { readonly sessions: number }) {
    const own = await stand.start({
      ...settingsOf(stand.token),
      KMS_SESSIONS_PER_AGENT: String(sessions),
      KMS_HSM_TIMEOUT_MS: '30000',
    })
    // One that proves the token yet would meet the fault at its start, and be the only one that starts.
    await until(async () => (await readyAgents(own)) === 2, 30_000)
    const client = new OfficialClient(own.credentials())
    const keyId = await client.createKey('hung')
    const { dek, ...fields } = digested(32)
    dek.fill(0)
    const hung = stand.faults.inject(
      { function: 'C_WrapKey', oneProcess: true },
      { hang: 'for-ever' },
    )
    const calls = Promise.all(
      Array.from({ length: 8 }, () =>
        client.call('encrypt-datakey', { key_id: keyId, ...fields }).then(
          () => 'answered',
          (error: unknown) => (error instanceof ConnectionLost ? 'lost' : 'failed'),
        ),
      ),
    )
    await until(() => hung.hits() > 0)
    return { own, calls }
  }
})

/** The process that is in C_Login, and never comes back from it. */
function startingIn(faults: FaultInjector): number | undefined {
  return faults
    .processes()
    .find(
      ({ pid, calls }) => (calls['C_Login'] ?? 0) > 0 && !('C_WrapKey' in calls) && isAlive(pid),
    )?.pid
}
