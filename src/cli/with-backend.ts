import { type Backend, openBackend } from '../backend.js'
import { type Config, loadConfig } from '../config.js'
import { NO_HSM_OBSERVER } from '../core/hsm-observer.js'
import type { CommandIo } from './command.js'

/** Runs something on the token and the database of the settings, with one agent of its own. */
export async function withBackend<Result>(
  io: CommandIo,
  run: (backend: Backend, config: Config) => Promise<Result>,
): Promise<Result> {
  const settings = loadConfig(io.environment)
  const one = { agents: 1, sessionsPerAgent: 1 }
  const { hsmPrevious: previous } = settings
  const config = { ...settings, ...one, hsmPrevious: previous && { ...previous, ...one } }
  const backend = await openBackend(config, NO_HSM_OBSERVER)
  try {
    return await run(backend, config)
  } finally {
    await backend.close()
  }
}
