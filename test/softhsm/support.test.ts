import { expect, test } from '@jest/globals'
import pg from 'pg'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { describeUnless } from '../support/describe-unless.js'
import { nssModule, openNssToken } from '../support/nss-token.js'
import { postgresBinaries, startPostgres } from '../support/postgres.js'

describeUnless(nssModule() ? undefined : 'libsoftokn3.so is not installed', 'the NSS token', () => {
  test('has an address that the service reads, and leaves nothing behind', async () => {
    const token = await openNssToken()
    const address = parseTokenUri(token.uri)
    expect(address).toMatchObject({ token: 'kms-nss', modulePath: nssModule() })
    expect(address.libraryParameters).toMatch(/^configdir='sql:\S+' .* $/)
    await token.remove()
    expect(existsSync(dirname(address.pinFile))).toBe(false)
  })
})

describeUnless(
  postgresBinaries() ? undefined : 'PostgreSQL is not installed',
  'the PostgreSQL server',
  () => {
    test('gives separate databases and wants its password', async () => {
      const server = await startPostgres()
      try {
        const [one, other] = [await server.createDatabase(), await server.createDatabase()]
        await query(one, 'CREATE TABLE t (x int)')
        await expect(query(other, 'SELECT * FROM t')).rejects.toThrow('does not exist')
        const stranger = Object.assign(new URL(server.url), { password: 'wrong' }).href
        await expect(query(stranger, 'SELECT 1')).rejects.toThrow('password authentication failed')
      } finally {
        await server.stop()
      }
      await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
    })
  },
)

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}
