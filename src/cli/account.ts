import type { Account } from '../core/identity.js'
import { newAccount } from '../core/new-identity.js'
import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { readOptions } from './options.js'
import { resolveAccount } from './resolve.js'
import { stateCommands } from './state-commands.js'
import { subcommands } from './subcommands.js'

const USAGE =
  'kmsctl account create NAME [--id ID] | list | disable ACCOUNT | enable ACCOUNT | delete ACCOUNT'

/** `kmsctl account …`: makes, lists, disables, enables and deletes accounts. */
export const account = subcommands(USAGE, {
  create,
  list,
  // Users of a disabled account are refused, whatever they bring.
  ...stateCommands<Account>({
    usage: USAGE,
    noun: 'account',
    event: 'Account',
    find: resolveAccount,
    about: ({ id: domainId }) => ({ domainId }),
    setState: ({ identities }, found, state) => identities.replaceAccount({ ...found, state }),
    remove: ({ identities }, { id }) => identities.removeAccount(id),
    removed: 'The account is deleted.',
  }),
})

async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const { words, values } = readOptions(args, { usage: USAGE, options: ['id'], words: 1 })
  const made = newAccount({ name: words[0] ?? '', id: values['id'] }, Date.now())
  await withBackend(io, async (backend) => {
    const asked = { operation: 'CreateAccount', domainId: made.id, details: { name: made.name } }
    await act(backend, asked, () => backend.database.identities.insertAccount(made))
    printJson(io, describe(made))
  })
  return 0
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  readOptions(args, { usage: USAGE, words: 0 })
  await withBackend(io, async ({ database }) => {
    printJson(io, (await database.identities.listAccounts()).map(describe))
  })
  return 0
}

function describe({ id, name, state, createdAt }: Account): Readonly<Record<string, string>> {
  return { id, name, state, created_at: new Date(createdAt).toISOString() }
}
