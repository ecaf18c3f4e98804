import { NameTaken, OwnerMissing, StillInUse } from '../core/identity.js'
import { StaleRevision } from '../core/key-store.js'
import { UnusableName } from '../core/new-identity.js'
import { type Command, UsageError } from './command.js'

/** Errors whose message is all that an operator has to know. */
const REFUSALS = [NameTaken, OwnerMissing, StillInUse, StaleRevision, UnusableName] as const

/** What was asked for cannot be done as things are; the message says why. The exit code is 1. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Makes a command of those that stand behind its name. */
export function subcommands(
  usage: string,
  commands: Readonly<Partial<Record<string, Command>>>,
): Command {
  return async (args, io) => {
    const [name, ...rest] = args
    const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command) throw new UsageError(usage)
    try {
      return await command(rest, io)
    } catch (error) {
      if (!(error instanceof Refused) && !REFUSALS.some((known) => error instanceof known)) {
        throw error
      }
      io.err(`${error instanceof Error ? error.message : ''}\n`)
      return 1
    }
  }
}
