import type { IdentityState } from '../core/identity.js'
import type { Database } from '../store/database.js'
import type { Command, CommandIo } from './command.js'
import { withBackend } from './with-backend.js'
import { type OperatorAct, act } from './operator-act.js'
import { readOptions } from './options.js'

/** Something that an operator disables, enables and deletes by the one word that names it. */
export interface Switched<Thing> {
  readonly usage: string
  /** As messages name it: `The user is active now.` */
  readonly noun: string
  /** As events name it: `EnableUser`. */
  readonly event: string
  /** @throws Refused where there is none of this name */
  find(this: void, database: Database, name: string): Promise<Thing>
  /** Whom an act on it is about. */
  about(this: void, thing: Thing): Omit<OperatorAct, 'operation' | 'details'>
  setState(this: void, database: Database, thing: Thing, state: IdentityState): Promise<unknown>
  remove(this: void, database: Database, thing: Thing): Promise<unknown>
  /** What is said when it is deleted: a sentence. */
  readonly removed: string
}

/** Makes the commands `disable`, `enable` and `delete`. */
export function stateCommands<Thing>(
  of: Switched<Thing>,
): Readonly<Record<'disable' | 'enable' | 'delete', Command>> {
  async function perform(
    verb: string,
    { args, io }: { readonly args: readonly string[]; readonly io: CommandIo },
    work: (database: Database, thing: Thing) => Promise<unknown>,
  ): Promise<void> {
    const { words } = readOptions(args, { usage: of.usage, words: 1 })
    await withBackend(io, async (backend) => {
      const thing = await of.find(backend.database, words[0] ?? '')
      const asked = { operation: `${verb}${of.event}`, ...of.about(thing) }
      await act(backend, asked, () => work(backend.database, thing))
    })
  }

  function switchTo(state: IdentityState): Command {
    const verb = state === 'active' ? 'Enable' : 'Disable'
    return async (args, io) => {
      await perform(verb, { args, io }, (database, thing) => of.setState(database, thing, state))
      io.out(`The ${of.noun} is ${state} now.\n`)
      return 0
    }
  }

  return {
    disable: switchTo('disabled'),
    enable: switchTo('active'),
    async delete(args, io) {
      await perform('Delete', { args, io }, of.remove)
      io.out(`${of.removed}\n`)
      return 0
    },
  }
}
