import type { Hsm, HsmError } from '../core/hsm.js'
import { AgentPool } from './agent-pool.js'
import type { Job, JobAnswer } from './job.js'
import type { PoolOptions } from './pool-options.js'
import { limitsOf } from './profile.js'
import { COMMAND_NAMES, type CommandName, type Commands, SLOW } from './commands.js'

/**
 * Opens the HSM behind a pool of agents.
 *
 * @throws HsmStartError when the first agent cannot open the token, or the token fails the known-answer tests
 */
export async function openPkcs11Hsm(options: PoolOptions): Promise<Hsm> {
  const pool = await AgentPool.open(options)
  return {
    ...commandsOver(pool, options),
    limits: limitsOf(options.start.profile),
    status: () => pool.status(),
    close: () => pool.close(),
  }
}

/** One function for each command of the port: all of them only send it. */
function commandsOver(pool: AgentPool, rule: CallRule): Commands {
  const entries = COMMAND_NAMES.map((command) => [
    command,
    (...args: readonly unknown[]) => send(pool, rule, command, args),
  ])
  // The names are those of the port, and the agent's token has its types: the compiler checked both ends.
  return Object.fromEntries(entries) as Commands
}

type CallRule = Pick<PoolOptions, 'observer' | 'timeoutMs' | 'generationTimeoutMs'>

function send(
  pool: AgentPool,
  { observer, timeoutMs, generationTimeoutMs }: CallRule,
  command: CommandName,
  args: readonly unknown[],
): Promise<unknown> {
  const watch = observer.begins(command)
  const slow = SLOW.has(command)
  const limitMs = slow ? generationTimeoutMs : timeoutMs
  return new Promise((resolve, reject) => {
    const arrivedAt = performance.now()
    let settled = false
    const job: Job = {
      command,
      args,
      arrivedAt,
      deadlineAt: (watch?.requestedAt ?? arrivedAt) + limitMs,
      limitMs,
      slow,
      detailed: watch?.detailed ?? false,
      attempts: 0,
      handedOverAt: undefined,
      lastError: undefined,
      doubted: false,
      settle(answer: JobAnswer) {
        if (settled) return
        settled = true
        const endedAt = performance.now()
        const failure =
          'error' in answer && !isGone(command, answer.error) ? answer.error : undefined
        const outcome = failure?.failure ?? 'ok'
        const { attempts, handedOverAt } = job
        observer.call(command, outcome, (endedAt - arrivedAt) / 1000)
        if (handedOverAt !== undefined) observer.waited((handedOverAt - arrivedAt) / 1000)
        const functions = answer.functions ?? []
        watch?.ended({
          command,
          outcome,
          arrivedAt,
          handedOverAt,
          endedAt,
          attempts,
          slow,
          functions,
        })
        if (failure) reject(failure)
        else resolve('result' in answer ? answer.result : undefined)
      },
    }
    pool.submit(job)
  })
}

/** To destroy a key that is not there is done. */
function isGone(command: CommandName, { failure }: HsmError): boolean {
  return command === 'destroyKey' && failure === 'key-missing'
}
