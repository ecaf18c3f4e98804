import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

// Makes, once, the password of the development database in the folder named by the first argument:
// `password` for the server, readable by the group too, and `pgpass` for the service.
const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: database-password.mjs FOLDER')
  process.exit(2)
}
const password = (await existing(join(folder, 'password'))) ?? randomBytes(24).toString('base64url')
// The service's file first: where the server's file exists, both do.
await writeWhole(join(folder, 'pgpass'), `postgres:5432:kms:kms:${password}\n`, 0o600)
await writeWhole(join(folder, 'password'), `${password}\n`, 0o640)

/** The text of a file without its line end, or undefined where there is no such file. */
async function existing(path) {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes a file so that no reader ever sees a part of it. */
async function writeWhole(path, text, mode) {
  await writeFile(`${path}.new`, text, { mode })
  // The mode given above is narrowed by the umask.
  await chmod(`${path}.new`, mode)
  await rename(`${path}.new`, path)
}
