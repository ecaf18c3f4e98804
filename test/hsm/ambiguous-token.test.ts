import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { agentPids } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

const TOOL = 'softhsm2-util'

describeUnless(
  softHsmModule() === undefined || !isThere() ? `${TOOL} is not installed` : undefined,
  'two tokens that fit one URI',
  () => {
    test('stop the start', async () => {
      const token = await openSoftHsmToken()
      try {
        addToken(token)
        const start = openTestHsm(token, { agents: 1 })
        await expect(start).rejects.toMatchObject({
          failure: 'setting',
          message: 'Several tokens fit the URI: name the token by its serial number.',
        })
        expect(agentPids()).toEqual([])
      } finally {
        await token.remove()
      }
    })
  },
)

function isThere(): boolean {
  try {
    execFileSync(TOOL, ['--version'])
    return true
  } catch {
    return false
  }
}

/** Makes a second token of the same label beside a token. */
function addToken({ uri, environment }: TestToken): void {
  const { token: label = '', pinFile } = parseTokenUri(uri)
  const pin = readFileSync(pinFile, 'utf8').trim()
  // A PIN of a throw-away token may be seen in the list of processes.
  const pins = ['--pin', pin, '--so-pin', pin]
  execFileSync(TOOL, ['--init-token', '--free', '--label', label, ...pins], {
    env: { ...process.env, ...environment },
  })
}
