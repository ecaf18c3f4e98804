import { readFile } from 'node:fs/promises'
import { MalformedPolicy, parsePolicy } from '../access/policy-document.js'
import { SYSTEM_POLICIES } from '../access/system-policies.js'
import type { AccessPolicy } from '../core/access-policy.js'
import { newTenantId } from '../core/ids.js'
import { requireName } from '../core/new-identity.js'
import type { Database } from '../store/database.js'
import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { readOptions, required } from './options.js'
import { resolveAccount, resolvePolicy, resolveUser } from './resolve.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE = `kmsctl policy create NAME --account ACCOUNT --file FILE
       policy list [--account ACCOUNT] | show POLICY --account ACCOUNT | delete POLICY --account ACCOUNT
       policy replace POLICY --account ACCOUNT --file FILE
       policy attach POLICY USER | detach POLICY USER | attached USER`

/** `kmsctl policy …`: makes, shows, replaces and deletes policies, and attaches them to users. */
export const policy = subcommands(USAGE, {
  create,
  list,
  show,
  replace,
  delete: remove,
  attach: (args, io) => setAttached(true, args, io),
  detach: (args, io) => setAttached(false, args, io),
  attached,
})

async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account', 'file'], words: 1 })
  const owner = required(options, 'account', USAGE)
  const document = await readDocument(required(options, 'file', USAGE))
  const [name = ''] = options.words
  requireName(name)
  requireNotSystem(name)
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: domainId } = await resolveAccount(database, owner)
    const createdAt = Date.now()
    const made = { id: newTenantId(), domainId, name, document, createdAt, revision: 1 }
    const details = { policy: made.id, name }
    await act(backend, { operation: 'CreatePolicy', domainId, details }, () =>
      database.policies.insert(made),
    )
    printJson(io, describe(made))
  })
  return 0
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = readOptions(args, { usage: USAGE, options: ['account'], words: 0 })
  await withBackend(io, async ({ database }) => {
    const { account } = values
    const accounts =
      account === undefined
        ? await database.identities.listAccounts()
        : [await resolveAccount(database, account)]
    const lists = await Promise.all(accounts.map(({ id }) => database.policies.list(id)))
    const system = [...SYSTEM_POLICIES.keys()].map((id) => ({ id }))
    printJson(io, [...system, ...lists.flat().map(describe)])
  })
  return 0
}

async function show(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account'], words: 1 })
  const [text = ''] = options.words
  const known = SYSTEM_POLICIES.get(text)
  if (known !== undefined) {
    printJson(io, { id: text, document: JSON.parse(known) as unknown })
    return 0
  }
  const owner = required(options, 'account', USAGE)
  await withBackend(io, async ({ database }) => {
    const account = await resolveAccount(database, owner)
    const found = await resolvePolicy(database, text, account.id)
    printJson(io, { ...describe(found), document: JSON.parse(found.document) as unknown })
  })
  return 0
}

async function replace(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account', 'file'], words: 1 })
  const owner = required(options, 'account', USAGE)
  const document = await readDocument(required(options, 'file', USAGE))
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: domainId } = await resolveAccount(database, owner)
    const found = await resolvePolicy(database, options.words[0] ?? '', domainId)
    const details = { policy: found.id, name: found.name }
    await act(backend, { operation: 'ReplacePolicy', domainId, details }, () =>
      database.policies.replace({ ...found, document }),
    )
  })
  io.out('The policy is replaced; it holds for every user that it is attached to.\n')
  return 0
}

async function remove(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account'], words: 1 })
  const owner = required(options, 'account', USAGE)
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: domainId } = await resolveAccount(database, owner)
    const { id, name } = await resolvePolicy(database, options.words[0] ?? '', domainId)
    const asked = { operation: 'DeletePolicy', domainId, details: { policy: id, name } }
    await act(backend, asked, () => database.policies.remove(id))
  })
  io.out('The policy is deleted.\n')
  return 0
}

async function setAttached(
  attached: boolean,
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 2 })
  const [text = '', name = ''] = words
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: userId, domainId } = await resolveUser(database, name)
    const policyId = await policyIdOf(database, text, domainId)
    const attachment = { userId, policyId }
    const operation = attached ? 'AttachPolicy' : 'DetachPolicy'
    const asked = { operation, domainId, userId, details: { policy: policyId } }
    await act(backend, asked, async () => {
      if (attached) await database.policies.attach(attachment)
      else if (!(await database.policies.detach(attachment))) {
        throw new Refused('The policy is not attached to the user.')
      }
    })
  })
  io.out(`The policy is ${attached ? 'attached to' : 'detached from'} the user.\n`)
  return 0
}

async function attached(args: readonly string[], io: CommandIo): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 1 })
  await withBackend(io, async ({ database }) => {
    const { id } = await resolveUser(database, words[0] ?? '')
    const policies = await database.policies.attachedTo(id)
    printJson(
      io,
      policies.map((one) => (one.document === undefined ? { id: one.id } : describe(one))),
    )
  })
  return 0
}

async function policyIdOf(database: Database, text: string, domainId: string): Promise<string> {
  if (SYSTEM_POLICIES.has(text)) return text
  return (await resolvePolicy(database, text, domainId)).id
}

/** Reads a policy, which is stored as it is written once it is known to be well-formed. */
async function readDocument(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new Refused(`The file ${path} cannot be read.`, { cause })
  }
  try {
    parsePolicy(text)
    return text
  } catch (cause) {
    if (!(cause instanceof MalformedPolicy)) throw cause
    throw new Refused(`The file ${path} holds no policy. ${cause.message}`, { cause })
  }
}

function requireNotSystem(name: string): void {
  if (!name.startsWith('system:')) return
  throw new Refused('Names that begin with system: are those of policies that the software has.')
}

function describe({ id, domainId, name, createdAt }: AccessPolicy) {
  return { id, domain_id: domainId, name, created_at: new Date(createdAt).toISOString() }
}
