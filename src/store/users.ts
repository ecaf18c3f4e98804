import type { Kysely, Selectable } from '../packages/kysely.js'
import type { IdentityStore, User } from '../core/identity.js'
import type { Calls } from './calls.js'
import { writing } from './identity-failures.js'
import { locksRows } from './row-locks.js'
import { removeGrantsOf } from './principal-grants.js'
import { findRow, replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccountUserTable, Tables } from './tables.js'

/** The users of accounts in a database. */
export function sqlUsers(
  calls: Calls,
): Pick<
  IdentityStore,
  'insertUser' | 'findUser' | 'findUserByName' | 'listUsers' | 'replaceUser' | 'removeUser'
> {
  return {
    insertUser: (user) => calls.run((db) => insert(db, user)),
    findUser: (id) => calls.run((db) => find(db, { id })),
    findUserByName: (domainId, name) => calls.run((db) => find(db, { domain_id: domainId, name })),
    listUsers: (domainId) => calls.run((db) => list(db, domainId)),
    replaceUser: (user) => calls.run((db) => replace(db, user)),
    removeUser: (id) => calls.run((db) => remove(db, id)),
  }
}

async function insert(db: Kysely<Tables>, user: User): Promise<void> {
  await writing(db.insertInto('account_user').values(rowOf(user)).execute())
}

async function find(
  db: Kysely<Tables>,
  by: Parameters<typeof findRow<'account_user'>>[2],
): Promise<User | undefined> {
  const row = await findRow(db, 'account_user', by)
  return row && userOf(row)
}

async function list(db: Kysely<Tables>, domainId?: string): Promise<readonly User[]> {
  if (domainId !== undefined && !isStorable(domainId)) return []
  const all = db.selectFrom('account_user').selectAll().orderBy('created_at').orderBy('id')
  const query = domainId === undefined ? all : all.where('domain_id', '=', domainId)
  return (await query.execute()).map(userOf)
}

/** A user never moves to another account: his access keys and policies are of his. */
async function replace(db: Kysely<Tables>, user: User): Promise<void> {
  const fixed = ['id', 'domain_id', 'created_at'] as const
  await writing(replaceRow(db, 'account_user', rowOf(user), { fixed, what: 'user' }))
}

/** The row is locked first, so that no access key, token or policy can be his in between. */
async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const query = transaction.selectFrom('account_user').select('id').where('id', '=', id)
    const row = await (locksRows(transaction) ? query.forUpdate() : query).executeTakeFirst()
    if (!row) return false
    for (const table of ['access_key', 'bearer_token', 'attached_policy'] as const) {
      await transaction.deleteFrom(table).where('user_id', '=', id).execute()
    }
    await removeGrantsOf(transaction, { id, type: 'user' })
    await transaction.deleteFrom('account_user').where('id', '=', id).execute()
    return true
  })
}

function rowOf(user: User): AccountUserTable {
  requireStorable({ user_id: user.id, domain_id: user.domainId, user_name: user.name })
  return {
    id: user.id,
    domain_id: user.domainId,
    name: user.name,
    state: user.state,
    password_hash: user.passwordHash ?? null,
    certificates: user.certificates.join(','),
    created_at: user.createdAt,
    revision: user.revision,
  }
}

function userOf(row: Selectable<AccountUserTable>): User {
  return {
    id: row.id,
    domainId: row.domain_id,
    name: row.name,
    state: row.state,
    passwordHash: row.password_hash ?? undefined,
    certificates: row.certificates === '' ? [] : row.certificates.split(','),
    createdAt: row.created_at,
    revision: row.revision,
  }
}
