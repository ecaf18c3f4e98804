import { projectId } from '../../src/core/ids.js'
import { KmsError } from '../../src/core/errors.js'
import { openDatabase } from '../../src/store/database.js'
import { insertCmk, sampleCmk } from '../contract/store-samples.js'

/*
 * A process that inserts CMKs until the quota of their project is used up, and prints the id of each one that was
 * stored. The address of the database comes through the environment: it may hold a password.
 */

const { STORE_URL = '', STORE_PROJECT = '', STORE_QUOTA = '0' } = process.env

const database = await openDatabase(STORE_URL)
try {
  for (;;) {
    const cmk = sampleCmk({ projectId: projectId(STORE_PROJECT) })
    await insertCmk(database.keys, cmk, Number(STORE_QUOTA))
    process.stdout.write(`${cmk.id}\n`)
  }
} catch (error) {
  if (!(error instanceof KmsError && error.code === 'KMS.1105')) throw error
} finally {
  await database.close()
}
