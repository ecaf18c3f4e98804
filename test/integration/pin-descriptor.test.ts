import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type ThrowAwayToken, createThrowAwayToken } from 'softhsm-config-scripts'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { OfficialClient } from '../support/official-client.js'
import { failToStart, startServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'

const reason = softHsmModule() ? undefined : 'SoftHSM is not installed'

describeUnless(
  process.platform === 'linux' ? reason : 'only Linux has descriptors of other processes',
  'a PIN from a descriptor',
  () => {
    let folder: Awaited<ReturnType<typeof newFolder>>
    let token: ThrowAwayToken
    let settings: Readonly<Record<string, string>>
    beforeEach(async () => {
      folder = await newFolder()
      token = await createThrowAwayToken()
      const uri = token.uri.replace(/pin-source=[^&]+/, 'pin-source=file:/dev/fd/3')
      expect(uri).toContain('/dev/fd/3')
      settings = {
        ...token.environment,
        KMS_PKCS11_URI: uri,
        KMS_DATA_DIR: join(folder.path, 'var'),
        KMS_AGENTS: '1',
      }
    })
    afterEach(async () => {
      await token.remove()
      await folder.remove()
    })

    test('is read by every agent, though the file has no name any more', async () => {
      const file = join(folder.path, 'pin')
      writeFileSync(file, readFileSync(token.files.userPin), { mode: 0o600 })
      const descriptor = openSync(file, 'r')
      rmSync(file)
      const service = await startServiceProcess(join(folder.path, 'var'), settings, [descriptor])
      try {
        closeSync(descriptor)
        const client = new OfficialClient(service.credentials())
        await client.createKey('before')
        const [agent = 0] = agentPids(service.pid)
        process.kill(agent, 'SIGKILL')
        await until(() => agentPids(service.pid).some((pid) => pid !== agent), 30_000)
        await until(() => service.log().includes('agent ended'))
        const made = await retried(() => client.createKey('after'))
        expect(made).toMatch(/^[0-9a-f-]{36}$/)
      } finally {
        expect(await service.end('SIGTERM')).toBe(0)
      }
    }, 120_000)

    test.each<[string, () => number[]]>([
      ['that is not open', () => []],
      ['of what is no file', () => [openSync('/dev/null', 'r')]],
    ])(
      '%s is refused before anything is begun',
      async (_what, open) => {
        const descriptors = open()
        const { code, err } = await failToStart(settings, descriptors)
        descriptors.forEach((one) => closeSync(one))
        expect([code, err]).toEqual([
          2,
          expect.stringMatching(/^KMS_PKCS11_URI: .*descriptor 3.*\n$/),
        ])
      },
      60_000,
    )
  },
)

/** The agent that takes the place of another needs a moment to pass its tests. */
async function retried<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (tries === 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
