import type { AccessPolicy } from '../core/access-policy.js'
import type { Account, Project, User } from '../core/identity.js'
import { projectId } from '../core/ids.js'
import type { Database } from '../store/database.js'
import { Refused } from './subcommands.js'

type Stores = Pick<Database, 'identities' | 'policies'>

/** The account of an id or a name. @throws Refused */
export async function resolveAccount({ identities }: Stores, text: string): Promise<Account> {
  const found = (await identities.findAccount(text)) ?? (await identities.findAccountByName(text))
  return found ?? refuse(`There is no account ${text}; kmsctl account list shows them.`)
}

/** The id of the account that `--account` names; nothing where it is not there. @throws Refused */
export async function accountIdIfAny(
  stores: Stores,
  text: string | undefined,
): Promise<string | undefined> {
  return text === undefined ? undefined : (await resolveAccount(stores, text)).id
}

/** The project of an id, or of a name where one project has it. @throws Refused */
export async function resolveProject(
  { identities }: Stores,
  text: string,
  domainId?: string,
): Promise<Project> {
  const byId = await identities.findProject(projectId(text))
  const found = byId ? [byId] : await namedSo(identities.listProjects(domainId), text)
  const inAccount = found.filter((one) => domainId === undefined || one.domainId === domainId)
  return single(inAccount, { what: 'project', text })
}

/** The user of an id, or of a name where one user has it. @throws Refused */
export async function resolveUser({ identities }: Stores, text: string): Promise<User> {
  const byId = await identities.findUser(text)
  if (byId) return byId
  return single(await namedSo(identities.listUsers(), text), { what: 'user', text })
}

/** The policy of an id, or of a name in an account. @throws Refused */
export async function resolvePolicy(
  { policies }: Stores,
  text: string,
  domainId: string,
): Promise<AccessPolicy> {
  const byId = await policies.find(text)
  const found = byId?.domainId === domainId ? byId : await policies.findByName(domainId, text)
  return found ?? refuse(`The account has no policy ${text}; kmsctl policy list shows them.`)
}

async function namedSo<One extends { readonly name: string }>(
  all: Promise<readonly One[]>,
  name: string,
): Promise<readonly One[]> {
  return (await all).filter((one) => one.name === name)
}

function single<One extends { readonly id: string }>(
  found: readonly One[],
  { what, text }: { readonly what: string; readonly text: string },
): One {
  const [one, ...others] = found
  if (one === undefined) refuse(`There is no ${what} ${text}; kmsctl ${what} list shows them.`)
  if (others.length > 0) {
    const ids = found.map(({ id }) => id).join(', ')
    refuse(`Several accounts have a ${what} ${text}: name it by its id (${ids}).`)
  }
  return one
}

function refuse(message: string): never {
  throw new Refused(message)
}
