import { MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS, createPasswords } from '../auth/passwords.js'
import type { User } from '../core/identity.js'
import { newUser } from '../core/new-identity.js'
import { type CommandIo, printJson } from './command.js'
import { withBackend } from './with-backend.js'
import { act } from './operator-act.js'
import { readOptions, required } from './options.js'
import { readSecret } from './read-secret.js'
import { accountIdIfAny, resolveAccount, resolveUser } from './resolve.js'
import { stateCommands } from './state-commands.js'
import { Refused, subcommands } from './subcommands.js'

const USAGE =
  'kmsctl user create NAME --account ACCOUNT [--id ID] | list [--account ACCOUNT] | ' +
  'disable USER | enable USER | delete USER |\n' +
  '       password USER --file FILE | revoke-tokens USER'

/** `kmsctl user …`: makes, lists, disables, enables and deletes users. */
export const user = subcommands(USAGE, {
  create,
  list,
  ...stateCommands<User>({
    usage: USAGE,
    noun: 'user',
    event: 'User',
    find: resolveUser,
    about: ({ id: userId, domainId }) => ({ domainId, userId }),
    setState: ({ identities }, found, state) => identities.replaceUser({ ...found, state }),
    remove: ({ identities }, { id }) => identities.removeUser(id),
    removed: 'The user is deleted, with his access keys, tokens and the grants to him.',
  }),
  password: setPassword,
  'revoke-tokens': revokeTokens,
})

async function create(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['account', 'id'], words: 1 })
  const { words, values } = options
  const owner = required(options, 'account', USAGE)
  await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: domainId } = await resolveAccount(database, owner)
    const made = newUser({ name: words[0] ?? '', id: values['id'], domainId }, Date.now())
    const { id: userId, name } = made
    const asked = { operation: 'CreateUser', domainId, userId, details: { name } }
    await act(backend, asked, () => database.identities.insertUser(made))
    printJson(io, describe(made))
  })
  return 0
}

async function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = readOptions(args, { usage: USAGE, options: ['account'], words: 0 })
  await withBackend(io, async ({ database }) => {
    const domainId = await accountIdIfAny(database, values['account'])
    printJson(io, (await database.identities.listUsers(domainId)).map(describe))
  })
  return 0
}

/** Sets the password by which the user gets bearer tokens; those that he has end, since they may be a thief's. */
async function setPassword(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, { usage: USAGE, options: ['file'], words: 1 })
  const password = await readSecret(required(options, 'file', USAGE))
  requireGoodPassword(password)
  const { hash } = createPasswords()
  const passwordHash = await hash(password)
  await withBackend(io, async (backend) => {
    const { identities, bearerTokens } = backend.database
    const found = await resolveUser(backend.database, options.words[0] ?? '')
    const { id: userId, domainId } = found
    await act(backend, { operation: 'SetPassword', domainId, userId }, async () => {
      await identities.replaceUser({ ...found, passwordHash })
      await bearerTokens.removeOfUser(userId)
    })
  })
  io.out('The password is set, and the tokens of the user are revoked.\n')
  return 0
}

async function revokeTokens(args: readonly string[], io: CommandIo): Promise<number> {
  const { words } = readOptions(args, { usage: USAGE, words: 1 })
  const count = await withBackend(io, async (backend) => {
    const { database } = backend
    const { id: userId, domainId } = await resolveUser(database, words[0] ?? '')
    return await act(backend, { operation: 'RevokeTokens', domainId, userId }, () =>
      database.bearerTokens.removeOfUser(userId),
    )
  })
  io.out(`${count} tokens are revoked.\n`)
  return 0
}

function requireGoodPassword(password: string): void {
  if (
    password.length >= MIN_PASSWORD_CHARACTERS &&
    Buffer.byteLength(password) <= MAX_PASSWORD_BYTES
  )
    return
  throw new Refused(
    `A password must have ${MIN_PASSWORD_CHARACTERS} characters at least, and ${MAX_PASSWORD_BYTES} bytes at most.`,
  )
}

function describe({ id, domainId, name, state, createdAt, certificates }: User) {
  const created_at = new Date(createdAt).toISOString()
  return {
    id,
    domain_id: domainId,
    name,
    state,
    created_at,
    ...(certificates.length > 0 && { certificates }),
  }
}
