import { randomBytes } from 'node:crypto'
import type { Cmk } from '../../../src/core/cmk.js'
import { GRANTS_PER_KEY } from '../../../src/core/grant.js'
import { type KeyId, parseKeyId, projectId } from '../../../src/core/ids.js'
import { firstVersion, newCmk } from '../../../src/core/new-cmk.js'
import { TAGS_PER_KEY } from '../../../src/core/tag.js'
import { type Database, openDatabase } from '../../../src/store/database.js'
import type { MeasuredService } from '../measured-service.js'
import { type Outline, grantsAt, tagsAt } from './content.js'

/** The CMKs that are put in are older than any that was made by a call. */
const AGE_MS = 3_600_000

/**
 * Fills the project of a service through the stores of its database, and returns the CMKs in their order. A token cannot
 * be made to generate thousands of keys in a reasonable time, so these have rows alone; the last one is that of `lastKey`,
 * which a call has made and which can be used.
 */
export async function fill(
  service: MeasuredService,
  outline: Outline,
  { lastKey, signal }: { readonly lastKey: string; readonly signal: AbortSignal },
): Promise<readonly KeyId[]> {
  const database = await openDatabase(service.databaseUrl)
  try {
    const ids: KeyId[] = []
    for (const cmk of cmksOf(service, outline.keys - 1)) {
      signal.throwIfAborted()
      await insertCmk(database, cmk, outline.keys)
      await describeCmk(database, outline, { ...cmk, place: ids.length })
      ids.push(cmk.id)
    }
    const id = parseKeyId(lastKey)
    if (id === undefined) throw new Error('The service made a key whose id is none.')
    const made = { id, projectId: projectId(service.credentials.project_id), createdAt: Date.now() }
    await describeCmk(database, outline, { ...made, place: ids.length })
    return [...ids, id]
  } finally {
    await database.close()
  }
}

function* cmksOf({ credentials }: MeasuredService, count: number): Iterable<Cmk> {
  const since = Date.now() - AGE_MS
  const place = {
    projectId: projectId(credentials.project_id),
    domainId: credentials.domain_id,
  }
  for (let index = 0; index < count; index += 1) {
    const wish = {
      alias: `key-${String(index).padStart(7, '0')}`,
      description: '',
      spec: 'AES_256',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'kms',
      enterpriseProjectId: '0',
      keystoreId: '0',
    } as const
    yield newCmk(wish, { ...place, home: 1, createdAt: since + index })
  }
}

async function insertCmk({ keys }: Database, cmk: Cmk, quota: number): Promise<void> {
  const version = firstVersion(cmk, new Uint8Array(randomBytes(16)))
  await keys.insert({ cmk, version, quota })
}

async function describeCmk(
  { tags, grants }: Database,
  outline: Outline,
  cmk: Pick<Cmk, 'id' | 'projectId' | 'createdAt'> & { readonly place: number },
): Promise<void> {
  const { id: keyId, projectId, createdAt, place } = cmk
  await tags.set({ projectId, keyId, tags: tagsAt(place), perKey: TAGS_PER_KEY })
  for (let index = 0; index < grantsAt(outline, place); index += 1) {
    await grants.insert({
      perKey: GRANTS_PER_KEY,
      grant: {
        id: randomBytes(32).toString('hex'),
        keyId,
        projectId,
        granteePrincipal: `user${index}`,
        granteePrincipalType: 'user',
        operations: ['encrypt-datakey', 'decrypt-datakey'],
        issuingPrincipal: 'first',
        retiringPrincipal: 'first',
        name: undefined,
        createdAt: createdAt + index,
      },
    })
  }
}
