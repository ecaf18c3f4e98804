import type { Kysely, Selectable } from '../packages/kysely.js'
import type { Account, IdentityStore } from '../core/identity.js'
import type { Calls } from './calls.js'
import { removing, writing } from './identity-failures.js'
import { removeGrantsOf } from './principal-grants.js'
import { findRow, replaceRow } from './rows.js'
import { isStorable, requireStorable } from './storable.js'
import type { AccountTable, Tables } from './tables.js'

/** The accounts in a database. */
export function sqlAccounts(
  calls: Calls,
): Pick<
  IdentityStore,
  | 'insertAccount'
  | 'findAccount'
  | 'findAccountByName'
  | 'listAccounts'
  | 'replaceAccount'
  | 'removeAccount'
> {
  return {
    insertAccount: (account) => calls.run((db) => insert(db, account)),
    findAccount: (id) => calls.run((db) => find(db, { id })),
    findAccountByName: (name) => calls.run((db) => find(db, { name })),
    listAccounts: () => calls.run(list),
    replaceAccount: (account) => calls.run((db) => replace(db, account)),
    removeAccount: (id) => calls.run((db) => remove(db, id)),
  }
}

async function insert(db: Kysely<Tables>, account: Account): Promise<void> {
  await writing(db.insertInto('account').values(rowOf(account)).execute())
}

async function find(
  db: Kysely<Tables>,
  by: Parameters<typeof findRow<'account'>>[2],
): Promise<Account | undefined> {
  const row = await findRow(db, 'account', by)
  return row && accountOf(row)
}

async function list(db: Kysely<Tables>): Promise<readonly Account[]> {
  const rows = await db
    .selectFrom('account')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(accountOf)
}

async function replace(db: Kysely<Tables>, account: Account): Promise<void> {
  const fixed = ['id', 'created_at'] as const
  await writing(replaceRow(db, 'account', rowOf(account), { fixed, what: 'account' }))
}

/** Projects, users and policies refer to the row: the database keeps it while there are any. */
async function remove(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isStorable(id)) return false
  return await db.transaction().execute(async (transaction) => {
    const deletion = transaction.deleteFrom('account').where('id', '=', id)
    const deleted = await removing(deletion.executeTakeFirst())
    if (deleted.numDeletedRows === 0n) return false
    await removeGrantsOf(transaction, { id, type: 'domain' })
    return true
  })
}

function rowOf({ id, name, state, createdAt, revision }: Account): AccountTable {
  requireStorable({ account_id: id, account_name: name })
  return { id, name, state, created_at: createdAt, revision }
}

function accountOf(row: Selectable<AccountTable>): Account {
  const { id, name, state, created_at: createdAt, revision } = row
  return { id, name, state, createdAt, revision }
}
