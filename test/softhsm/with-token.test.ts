import { expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describeUnless } from '../support/describe-unless.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { inNewFolder } from '../support/folder.js'
import { runProgram, startProgram } from './programs.js'

const missing = softHsmModule() === undefined ? 'libsofthsm2.so is not installed' : undefined

/** Prints its settings, then waits; SIGTERM ends it with code 9. */
const WAITING = 'trap "exit 9" TERM INT; echo "$SOFTHSM2_CONF"; while :; do sleep 0.05; done'

describeUnless(missing, 'with-token', () => {
  test('gives the command a token, passes its exit code on, and removes the token', async () => {
    await inNewFolder(async (folder) => {
      const script =
        'echo "$KMS_PKCS11_URI"; echo "$KMS_HSM_PROFILE"; ls "$(dirname "$SOFTHSM2_CONF")"; exit 7'
      const { code, stdout } = await runProgram('with-token', ['sh', '-c', script], {
        TMPDIR: folder,
      })
      expect(code).toBe(7)
      expect(stdout).toMatch(
        /^pkcs11:token=kms\?module-path=\S+&pin-source=file:\/\S+\/user-pin\nsofthsm2\nso-pin\nsofthsm2\.conf\ntokens\nuser-pin\n$/,
      )
      expect(await readdir(folder)).toEqual([])
    })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'passes %s on, and removes the token',
    async (signal) => {
      await inNewFolder(async (folder) => {
        const { child, ended, stdout } = startProgram('with-token', ['sh', '-c', WAITING], {
          TMPDIR: folder,
        })
        while (!stdout().includes('\n')) await setTimeout(20)
        expect(existsSync(dirname(stdout().trim()))).toBe(true)
        child.kill(signal)
        expect((await ended).code).toBe(9)
        expect(await readdir(folder)).toEqual([])
      })
    },
  )

  test('tells a command that died of a signal by 128 and its number', async () => {
    await inNewFolder(async (folder) => {
      const { code } = await runProgram('with-token', ['sh', '-c', 'kill -KILL $$'], {
        TMPDIR: folder,
      })
      expect(code).toBe(137)
      expect(await readdir(folder)).toEqual([])
    })
  })

  test('removes the token when the signal comes before the command is started', async () => {
    await inNewFolder(async (folder) => {
      const { child, ended } = startProgram('with-token', ['sh', '-c', WAITING], { TMPDIR: folder })
      while ((await readdir(folder)).length === 0) await setTimeout(1)
      child.kill('SIGTERM')
      expect((await ended).code).toBe(143)
      expect(await readdir(folder)).toEqual([])
    })
  })

  test('says that a command is not there with exit code 127', async () => {
    await inNewFolder(async (folder) => {
      const { code, stderr } = await runProgram('with-token', ['/nowhere/command'], {
        TMPDIR: folder,
      })
      expect(code).toBe(127)
      expect(stderr).toBe('with-token: /nowhere/command could not be started (ENOENT).\n')
      expect(await readdir(folder)).toEqual([])
    })
  })

  test('says how to use it', async () => {
    const { code, stderr } = await runProgram('with-token', [])
    expect(code).toBe(125)
    expect(stderr).toMatch(/^Usage: with-token COMMAND/)
  })
})
