import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { prepareDevelopmentToken, SoftHsmError } from 'softhsm-config-scripts'
import { describeUnless } from '../support/describe-unless.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { inNewFolder, modeOf, snapshot } from '../support/folder.js'
import { programPath, runProgram } from './programs.js'

const missing = softHsmModule() === undefined ? 'libsofthsm2.so is not installed' : undefined

/** Starts making a token, and kills the process and its children after a while. */
async function killedAfter(delay: number, folder: string): Promise<void> {
  const args = [programPath('init-token'), '--directory', folder]
  const child = spawn(process.execPath, args, { stdio: 'ignore', detached: true })
  const ended = once(child, 'exit')
  await setTimeout(delay)
  // The group goes as one, lest a grandchild write into a folder that the test has deleted.
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  await ended
}

describeUnless(missing, 'the development token', () => {
  test('is made with files that only their owner reads, in a folder made private', async () => {
    await inNewFolder(async (folder) => {
      await chmod(folder, 0o755)
      const { files, directory } = await prepareDevelopmentToken(folder)
      expect(directory).toBe(folder)
      expect(await modeOf(folder)).toBe('700')
      for (const [path, text] of Object.entries(await snapshot(folder))) {
        expect(`${path} ${text}`).toMatch(/^\S+ (600 [0-9a-f]*|700 )$/)
      }
      const [userPin, soPin] = [
        await readFile(files.userPin, 'utf8'),
        await readFile(files.soPin, 'utf8'),
      ]
      expect(userPin).toMatch(/^[0-9a-f]{32}$/)
      expect(soPin).toMatch(/^[0-9a-f]{32}$/)
      expect(soPin).not.toBe(userPin)
      expect((await readdir(folder)).sort()).toEqual([
        'so-pin',
        'softhsm2.conf',
        'tokens',
        'user-pin',
      ])
    })
  })

  test('stays byte for byte as it is when it is prepared again', async () => {
    await inNewFolder(async (folder) => {
      const first = await prepareDevelopmentToken(folder, 'some label')
      const before = await snapshot(folder)
      expect(await prepareDevelopmentToken(folder, 'some label')).toEqual(first)
      expect(await snapshot(folder)).toEqual(before)
    })
  })

  test('is one token with one pair of PINs when several processes make it at once', async () => {
    await inNewFolder(async (folder) => {
      const directory = join(folder, 'not', 'there yet')
      const runs = await Promise.all(
        Array.from({ length: 4 }, () => runProgram('init-token', ['--directory', directory])),
      )
      expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
        runs.map(() => ({ code: 0, stderr: '' })),
      )
      expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1)
      expect(await readdir(join(directory, 'tokens'))).toHaveLength(1)
      expect(await readdir(directory)).toHaveLength(4)
    })
  })

  test('is finished with the PINs at hand after a crash before the token was made', async () => {
    await inNewFolder(async (folder) => {
      await writeFile(join(folder, 'user-pin'), '0123456789', { mode: 0o600 })
      const draft = join(folder, '.new-abandoned')
      await mkdir(join(draft, 'tokens'), { recursive: true })
      await utimes(draft, 0, 0)
      await prepareDevelopmentToken(folder)
      expect(await readFile(join(folder, 'user-pin'), 'utf8')).toBe('0123456789')
      expect((await readdir(folder)).sort()).toEqual([
        'so-pin',
        'softhsm2.conf',
        'tokens',
        'user-pin',
      ])
    })
  })

  test('comes about whenever the process that makes it is killed', async () => {
    await inNewFolder(async (folder) => {
      for (let delay = 40; delay <= 180; delay += 20) await killedAfter(delay, folder)
      await prepareDevelopmentToken(folder)
      expect(await readdir(join(folder, 'tokens'))).toHaveLength(1)
      expect(await readFile(join(folder, 'user-pin'), 'utf8')).toHaveLength(32)
    })
  })

  test('is refused, and nothing destroyed, when its user PIN is gone', async () => {
    await inNewFolder(async (folder) => {
      const { files } = await prepareDevelopmentToken(folder)
      await rm(files.userPin)
      const before = await snapshot(folder)
      const failed = prepareDevelopmentToken(folder)
      await expect(failed).rejects.toThrow(SoftHsmError)
      await expect(failed).rejects.toThrow(`the file ${files.userPin} with its user PIN is missing`)
      expect(await snapshot(folder)).toEqual(before)
    })
  })

  test('is refused, and nothing destroyed, when it has another label', async () => {
    await inNewFolder(async (folder) => {
      await prepareDevelopmentToken(folder, 'one')
      const before = await snapshot(folder)
      await expect(prepareDevelopmentToken(folder, 'other')).rejects.toThrow(
        `holds no token labelled "other" but "one"`,
      )
      expect(await snapshot(folder)).toEqual(before)
    })
  })

  test('leaves no half of itself when the library fails', async () => {
    await inNewFolder(async (folder) => {
      await writeFile(join(folder, 'user-pin'), '1', { mode: 0o600 }) // SoftHSM wants four characters
      await expect(prepareDevelopmentToken(folder)).rejects.toThrow(/C_InitPIN.*CKR_PIN_LEN_RANGE/)
      expect((await readdir(folder)).sort()).toEqual(['so-pin', 'softhsm2.conf', 'user-pin'])
    })
  })

  test('has an init-token that says how to use it', async () => {
    const { code, stderr } = await runProgram('init-token', ['--nonsense'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^Usage: init-token --directory DIR/)
  })
})
