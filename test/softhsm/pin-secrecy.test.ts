import { expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import { describeUnless } from '../support/describe-unless.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { inNewFolder } from '../support/folder.js'

function reasonToSkip(): string | undefined {
  if (process.platform !== 'linux') return 'there is no /proc'
  return softHsmModule() === undefined ? 'libsofthsm2.so is not installed' : undefined
}

/** Command lines and environments of all processes that can be read now. */
function whatOthersSee(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readProc(`/proc/${pid}/${file}`)))
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // the process has ended
  }
}

describeUnless(reasonToSkip(), 'while a token is made', () => {
  test('no PIN stands in a command line or an environment', async () => {
    await inNewFolder(async (folder) => {
      const seen = new Set<string>()
      const work = { done: false }
      const prepared = prepareDevelopmentToken(folder).finally(() => (work.done = true))
      const watched = (async () => {
        while (!work.done) {
          for (const text of whatOthersSee()) seen.add(text)
          await setImmediate()
        }
      })()
      const { files } = await prepared
      await watched
      const all = [...seen].join('\n')
      // No toContain: a failure must not print what other processes' environments hold.
      const workerArguments = `${files.userPin}\0${files.soPin}`
      expect(all.includes(workerArguments)).toBe(true)
      for (const file of [files.userPin, files.soPin]) {
        expect(all.includes(await readFile(file, 'utf8'))).toBe(false)
      }
    })
  })
})
