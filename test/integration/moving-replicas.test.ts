import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { noToken, settingsOf } from '../support/chosen-token.js'
import { until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { kmsctl } from '../support/kmsctl.js'
import { OfficialClient } from '../support/official-client.js'
import { openSoftHsmToken } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'
import { expectOpens, versionOf, wrap } from './moved-samples.js'
import { type TwoReplicas, startTwoReplicas } from './two-replicas.js'

/** What a replica remembers of a key. */
const REMEMBERED_MS = 600

describeUnless(noToken, 'replicas of which one moves first', () => {
  let replicas: TwoReplicas
  let folder: Awaited<ReturnType<typeof newFolder>>
  let young: TestToken
  let moved: Record<string, string>
  let old: OfficialClient
  let both: OfficialClient

  beforeAll(async () => {
    replicas = await startTwoReplicas({})
    folder = await newFolder()
    young = await openSoftHsmToken()
    const path = join(folder.path, 'previous.json')
    const { KMS_PKCS11_URI: uri, SOFTHSM2_CONF } = replicas.settings
    await writeFile(path, JSON.stringify({ uri, environment: { SOFTHSM2_CONF } }))
    moved = { ...settingsOf(young), KMS_HSM_PREVIOUS: path }
    old = new OfficialClient(replicas.first(replicas.one))
    both = new OfficialClient(replicas.first(await replicas.start(moved)))
  }, 180_000)

  afterAll(async () => {
    await replicas.close()
    await Promise.all([young.remove(), folder.remove()])
  }, 60_000)

  function migrate(...args: readonly string[]) {
    return kmsctl(replicas.one.dataDirectory, ['hsm', 'migrate', ...args], {
      environment: { ...replicas.settings, ...moved },
    })
  }

  test('each serves what it can reach, and says 503 of what it cannot', async () => {
    const [first, second] = [await old.createKey('first'), await both.createKey('second')]
    const frame = await wrap(old, first)
    await expectOpens(both, frame)
    const own = await wrap(both, second)
    await expectOpens(both, own)
    const away = await old.call('decrypt-datakey', own)
    expect([away.status, away.retryAfter, away.body['error_code']]).toEqual([503, '1', 'KMS.0104'])
    await until(() => replicas.one.log().includes('restart it with both'))

    for (const command of ['run', 'retire']) {
      const refused = await migrate(command)
      expect([refused.code, refused.err]).toEqual([
        1,
        expect.stringMatching(/^2 processes serve without the token of home 2/),
      ])
    }
    const { code, err } = await migrate('run', '--force')
    expect([code, err]).toEqual([0, ''])
    await new Promise((resolve) => setTimeout(resolve, REMEMBERED_MS))
    // The old version is on its token still, and the access key is one that it has in memory.
    await expectOpens(old, frame)
    expect((await old.call('create-datakey', { key_id: first })).status).toBe(503)
    const fresh = await wrap(both, first)
    expect(versionOf(fresh)).toBe(2)
    await expectOpens(both, fresh)
    const third = await old.createKey('third')
    await expectOpens(both, await wrap(old, third))
  }, 120_000)

  test('the one that comes later finds what was made', async () => {
    const later = new OfficialClient(replicas.first(await replicas.start(moved)))
    const key = await later.createKey('later')
    await expectOpens(both, await wrap(later, key))
  }, 60_000)
})
