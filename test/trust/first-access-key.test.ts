import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openDatabase } from '../../src/store/database.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { kmsctl } from '../support/kmsctl.js'
import { OfficialClient } from '../support/official-client.js'
import { startServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'

describeUnless(
  softHsmModule() ? undefined : 'SoftHSM is not installed',
  'the first access key',
  () => {
    let folder: Awaited<ReturnType<typeof newFolder>>
    let directory: string
    let file: string
    beforeEach(async () => {
      folder = await newFolder()
      directory = join(folder.path, 'var')
      file = join(directory, 'credentials.json')
    })
    afterEach(() => folder.remove())

    async function run(...args: readonly string[]): Promise<string> {
      const { code, out, err } = await kmsctl(directory, args)
      expect([args, code, err]).toEqual([args, 0, expect.any(String)])
      return out
    }

    /** Status of a call with the credentials of the file, of a service that has just started. */
    async function statusAfterStart(): Promise<number> {
      const service = await startServiceProcess(directory)
      try {
        const credentials = { ...service.credentials(), endpoint: service.url }
        return (await new OfficialClient(credentials).call('list-keys', {})).status
      } finally {
        await service.end('SIGTERM')
      }
    }

    test('is an event of the audit log, and does not come back once it was deleted', async () => {
      expect(await statusAfterStart()).toBe(200)
      expect(await run('audit', 'export')).toContain('"CreateFirstAccessKey"')
      const { access_key_id } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      await run('access-key', 'delete', String(access_key_id))
      expect(await statusAfterStart()).toBe(401)
      expect(await run('access-key', 'list')).toBe('[]\n')
      await run('user', 'delete', 'first')
      // With nobody left the service begins anew: with another user, in another account.
      expect(await statusAfterStart()).toBe(200)
      const made = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      expect(made['access_key_id']).not.toBe(access_key_id)
      expect(JSON.parse(await run('user', 'list'))).toEqual([
        expect.objectContaining({ id: made['user_id'], domain_id: made['domain_id'] }),
      ])
      expect(JSON.parse(await run('account', 'list'))).toHaveLength(2)
    }, 90_000)

    test('is stored by the next start where one was killed before it was', async () => {
      await run('init')
      const credentials = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      expect(credentials).not.toHaveProperty('pending')
      const database = await openDatabase(`sqlite:${join(directory, 'kms.sqlite')}`)
      await database.accessKeys.remove(credentials['access_key_id'] ?? '')
      await database.close()
      writeFileSync(file, JSON.stringify({ ...credentials, pending: true }))
      expect(await statusAfterStart()).toBe(200)
      expect(JSON.parse(readFileSync(file, 'utf8'))).not.toHaveProperty('pending')
    }, 90_000)

    test('is not stored again where the start was killed after it was', async () => {
      await run('init')
      const credentials = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
      writeFileSync(file, JSON.stringify({ ...credentials, pending: true }))
      expect(await statusAfterStart()).toBe(200)
      await run('access-key', 'delete', credentials['access_key_id'] ?? '')
      expect(await statusAfterStart()).toBe(401)
    }, 90_000)
  },
)
