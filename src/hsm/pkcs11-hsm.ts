import type { Hsm } from '../core/hsm.js'
import type { HsmObserver } from '../core/hsm-observer.js'
import { AgentPool, type PoolOptions } from './agent-pool.js'
import type { Job, JobAnswer } from './job.js'
import { limitsOf } from './profile.js'
import { COMMAND_NAMES, type CommandName, type Commands } from './commands.js'

/**
 * Opens the HSM behind a pool of agents.
 *
 * @throws HsmStartError when the first agent cannot open the token, or the token fails the known-answer tests
 */
export async function openPkcs11Hsm(options: PoolOptions): Promise<Hsm> {
  const pool = await AgentPool.open(options)
  return {
    ...commandsOver(pool, options.observer),
    limits: limitsOf(options.start.profile),
    status: () => pool.status(),
    close: () => pool.close(),
  }
}

/** One function for each command of the port: all of them only send it. */
function commandsOver(pool: AgentPool, observer: HsmObserver): Commands {
  const entries = COMMAND_NAMES.map((command) => [
    command,
    (...args: readonly unknown[]) => send(pool, observer, command, args),
  ])
  // The names are those of the port, and the agent's token has its types: the compiler checked both ends.
  return Object.fromEntries(entries) as Commands
}

function send(
  pool: AgentPool,
  observer: HsmObserver,
  command: CommandName,
  args: readonly unknown[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const arrivedAt = performance.now()
    let settled = false
    const job: Job = {
      command,
      args,
      arrivedAt,
      attempts: 0,
      lastError: undefined,
      settle(answer: JobAnswer) {
        if (settled) return
        settled = true
        const seconds = (performance.now() - arrivedAt) / 1000
        if ('error' in answer) {
          observer.call(command, answer.error.failure, seconds)
          reject(answer.error)
        } else {
          observer.call(command, 'ok', seconds)
          resolve(answer.result)
        }
      },
    }
    pool.submit(job)
  })
}
