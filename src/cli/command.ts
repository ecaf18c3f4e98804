import type { Backend } from '../backend.js'
import { openBackend } from '../backend.js'
import { type Config, loadConfig } from '../config.js'
import { NO_HSM_OBSERVER } from '../core/hsm-observer.js'

/** What a command reads and writes; replaced in tests. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>
  out(text: string): void
  err(text: string): void
  /** Whether `err` goes to a terminal, where somebody watches. */
  readonly terminal?: boolean
}

/** A command of `kmsctl`: takes what stands behind its name, returns the exit code. */
export type Command = (args: readonly string[], io: CommandIo) => Promise<number>

/** Arguments that a command cannot work with: the message says what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

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

/** Prints a value as JSON, one member a line. */
export function printJson(io: CommandIo, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`)
}
