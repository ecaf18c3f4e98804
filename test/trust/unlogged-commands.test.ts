import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type SmallFileSystem,
  mountSmallFileSystem,
  whyNoMount,
} from '../store/small-file-system.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { type CommandResult, kmsctl } from '../support/kmsctl.js'
import { softHsmModule } from '../support/softhsm-token.js'

const reason = softHsmModule() ? whyNoMount() : 'SoftHSM is not installed'

describeUnless(reason, 'what an operator does while the audit log cannot be written', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let disk: SmallFileSystem
  beforeAll(async () => {
    folder = await newFolder()
    disk = mountSmallFileSystem()
  })
  afterAll(async () => {
    disk.remove()
    await folder.remove()
  })

  function run(...args: readonly string[]): Promise<CommandResult> {
    const environment = { KMS_AUDIT_DIR: join(disk.folder, 'audit') }
    return kmsctl(join(folder.path, 'var'), args, { environment })
  }

  test('is not done', async () => {
    expect((await run('account', 'create', 'acme')).code).toBe(0)
    const ballast = join(disk.folder, 'ballast')
    expect(() => writeFileSync(ballast, Buffer.alloc(1024 * 1024))).toThrow('ENOSPC')
    const { code, out, err } = await run('account', 'create', 'unlogged')
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/audit log/)
    expect((await run('account', 'list')).out).not.toContain('unlogged')
    rmSync(ballast)
    expect((await run('account', 'create', 'logged')).code).toBe(0)
    const { out: events } = await run('audit', 'export')
    const told = events.split('\n').filter((line) => line.includes('"name":"logged"'))
    expect(told).toHaveLength(2)
    expect(told[0]).toContain('"act":"CreateAccount"')
    expect(told[0]).toContain('"operation":"StartCommand"')
    expect(told[1]).toContain('"operation":"CreateAccount"')
    expect((await run('audit', 'verify')).code).toBe(0)
  }, 120_000)
})
