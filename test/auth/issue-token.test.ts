import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createPasswords } from '../../src/auth/passwords.js'
import { tokenDigest } from '../../src/auth/bearer.js'
import { type TokenParts, issueToken } from '../../src/auth/token-service.js'
import { newAccount, newProject, newUser } from '../../src/core/new-identity.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import { newFolder } from '../support/folder.js'
import { createMemoryHsm } from '../support/memory-hsm.js'

const PASSWORD = 'correct horse battery staple'
const CLIENT = {
  address: '192.0.2.1',
  host: 'localhost',
  scheme: 'http',
  certificate: undefined,
} as const

const passwords = createPasswords()
const account = newAccount({ name: 'acme' }, 0)
const project = newProject({ name: 'team', domainId: account.id }, 0)
const user = newUser({ name: 'alice', domainId: account.id }, 0)
const request = {
  user: { id: user.id },
  password: PASSWORD,
  project: { id: project.id },
  isUnwelcome: () => false,
}

let folder: Awaited<ReturnType<typeof newFolder>>
let database: Database
let parts: TokenParts
beforeEach(async () => {
  folder = await newFolder()
  database = await openDatabase(`sqlite:${join(folder.path, 'kms.sqlite')}`)
  const { identities, bearerTokens } = database
  await identities.insertAccount(account)
  await identities.insertProject(project)
  await identities.insertUser({ ...user, passwordHash: await passwords.hash(PASSWORD) })
  parts = { identities, bearerTokens, passwords, random: createMemoryHsm(), clock: Date.now }
})
afterEach(async () => {
  await database.close()
  await folder.remove()
})

async function changePassword(): Promise<void> {
  const found = await database.identities.findUser(user.id)
  if (!found) throw new Error('The user is not there.')
  await database.identities.replaceUser({ ...found, passwordHash: await passwords.hash('another') })
  await database.bearerTokens.removeOfUser(user.id)
}

test('a token of the password is stored', async () => {
  const issued = await issueToken(parts, request, CLIENT)
  expect(await database.bearerTokens.find(tokenDigest(issued?.token ?? ''))).toBeDefined()
})

test('a password that changes while a token is made for it leaves no token', async () => {
  const { bearerTokens } = database
  const digests: Uint8Array[] = []
  const late: TokenParts['bearerTokens'] = {
    ...bearerTokens,
    async insert(token) {
      await changePassword()
      digests.push(token.digest)
      await bearerTokens.insert(token)
    },
  }
  expect(await issueToken({ ...parts, bearerTokens: late }, request, CLIENT)).toBeUndefined()
  expect(digests).toHaveLength(1)
  for (const digest of digests) expect(await bearerTokens.find(digest)).toBeUndefined()
})

test('who has guessed too often meanwhile gets none', async () => {
  const unwelcome = { ...request, isUnwelcome: () => true }
  expect(await issueToken(parts, unwelcome, CLIENT)).toBeUndefined()
})
