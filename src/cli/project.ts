import type { Project } from '../core/identity.js'
import { newProject } from '../core/new-identity.js'
import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { readOptions, required } from './options.js'
import { accountIdIfAny, resolveAccount, resolveProject } from './resolve.js'
import { stateCommands } from './state-commands.js'
import { subcommands } from './subcommands.js'

const USAGE =
  'kmsctl project create NAME --account ACCOUNT [--id ID] | list [--account ACCOUNT] |\n' +
  '       disable PROJECT | enable PROJECT | delete PROJECT'

/** `kmsctl project …`: makes, lists, disables, enables and deletes projects. */
export const project = subcommands(USAGE, {
  create,
  list,
  // Calls in a disabled project are refused, whoever makes them.
  ...stateCommands<Project>({
    usage: USAGE,
    noun: 'project',
    event: 'Project',
    find: (database, name) => resolveProject(database, name),
    about: ({ id: projectId, domainId }) => ({ domainId, projectId }),
    setState: ({ identities }, found, state) => identities.replaceProject({ ...found, state }),
    remove: ({ identities }, { id }) => identities.removeProject(id),
    removed: 'The project is deleted.',
  }),
})

async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account', 'id'], words: 1 })
  const { words, values } = options
  const owner = required(options, 'account', USAGE)
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: domainId } = await resolveAccount(database, owner)
    const made = newProject({ name: words[0] ?? '', id: values['id'], domainId }, Date.now())
    const { id: projectId, name } = made
    const asked = { operation: 'CreateProject', domainId, projectId, details: { name } }
    await act(backend, asked, () => database.identities.insertProject(made))
    printJson(io, describe(made))
  })
  return 0
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = readOptions(args, { usage: USAGE, options: ['account'], words: 0 })
  await withBackend(io, async ({ database }) => {
    const domainId = await accountIdIfAny(database, values['account'])
    printJson(io, (await database.identities.listProjects(domainId)).map(describe))
  })
  return 0
}

function describe({ id, domainId, name, state, createdAt }: Project) {
  return { id, domain_id: domainId, name, state, created_at: new Date(createdAt).toISOString() }
}
