import { readFileSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { canServe, renderVerdict } from '../../src/cli/probe-verdict.js'
import { PROBED_FACTS, draftProfile } from '../../src/hsm/probe/draft.js'
import { type ProbeReport, probeToken } from '../../src/hsm/probe/probe-token.js'
import { Prober } from '../../src/hsm/probe/prober.js'
import { loadProfile, loadServingProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { chosen, isChosen, kindOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import type { TestToken } from '../support/test-token.js'

/** A probe begins here: with none of the facts of the token that it is let loose on. */
const BLANK = loadProfile('pkcs11-v3')
const LIMIT_MS = 180_000

const kinds = isChosen ? [chosen] : [kindOf('softhsm2'), kindOf('nss-softokn')]

function optionsOf(token: TestToken, trialTimeoutMs = 60_000) {
  const { uri, environment } = token
  return { address: parseTokenUri(uri), profile: BLANK, environment, trialTimeoutMs }
}

for (const kind of kinds) {
  const missing = kind.module() === undefined ? `${kind.name} is not installed` : undefined
  describeUnless(missing, `a probe of ${kind.name}`, () => {
    let token: TestToken
    let report: ProbeReport
    beforeAll(async () => {
      token = await kind.open()
      report = await probeToken(optionsOf(token))
    }, LIMIT_MS)
    afterAll(() => token.remove())

    test('finds out what its profile says, from a blank one', () => {
      const shipped = loadProfile(kind.name)
      for (const fact of PROBED_FACTS) {
        expect([fact, report.profile[fact]]).toEqual([fact, shipped[fact]])
      }
      expect(report.token.maxSessions).toBe(shipped.maxSessions)
      expect(report.remarks).toEqual([])
    })

    test('says that the service runs on it, and whether it may guard keys', () => {
      expect(canServe(report)).toBe(true)
      const text = renderVerdict(report)
      expect(text).toContain('The service runs on this token')
      expect(text.includes('gives away keys')).toBe(!loadProfile(kind.name).enforcesExtractable)
      for (const code of ['KMS.1110', 'KMS.0332']) expect(text).toContain(code)
    })

    test('writes a draft that the service can be started with', async () => {
      await inNewFolder(async (folder) => {
        const path = join(folder, 'draft.json')
        const { modulePath } = parseTokenUri(token.uri)
        const environment = Object.keys(token.environment)
        const draft = draftProfile(report, { name: 'draft', modulePath, environment, from: BLANK })
        await writeFile(path, JSON.stringify(draft))
        expect(loadServingProfile(path)).toEqual(draft)
        expect(draft.production).toBe(false)
        const hsm = await openTestHsm({ ...token, profile: path }, { agents: 1 })
        try {
          // The probe has left nothing behind.
          expect(await hsm.inspectKeys()).toEqual([])
          expect((await hsm.identity()).profile).toBe('draft')
        } finally {
          await hsm.close()
        }
      })
    })
  })
}

const missing = chosen.module() === undefined ? `${chosen.name} is not installed` : undefined

describeUnless(missing, 'a probe', () => {
  let token: TestToken
  beforeAll(async () => {
    token = await chosen.open()
  })
  afterAll(() => token.remove())

  test('of a token without RFC 5649 key wrap says that it cannot serve, and so does the draft', async () => {
    // RFC 3394, and a number that no token has: what is left of a token whose key wrap was taken away.
    const report = await probeToken({ ...optionsOf(token), mechanisms: ['0x2109', '0x7FFFFFFF'] })
    expect(report.mechanisms).toMatchObject([{ mechanism: '0x2109' }, { mechanism: '0x7FFFFFFF' }])
    expect([canServe(report), report.knownAnswers]).toEqual([false, []])
    expect(renderVerdict(report)).toMatch(
      /cannot run on this token\. It has no mechanism that is AES/,
    )
    const parts = { name: 'draft', modulePath: '/lib.so', environment: [], from: BLANK }
    const draft = draftProfile(report, parts)
    expect(draft.unsuitable).toMatch(/RFC 5649/)
    await inNewFolder(async (folder) => {
      const path = join(folder, 'draft.json')
      await writeFile(path, JSON.stringify(draft))
      expect(loadProfile(path)).toEqual(draft)
      expect(() => loadServingProfile(path)).toThrow(/cannot serve\. It has no mechanism/)
    })
  }, 180_000)

  describe('whose library', () => {
    test.each([
      ['dies', 'SIGKILL', 60_000, /ended its process \(SIGKILL\)/],
      ['hangs', 'SIGSTOP', 1_500, /did not answer within 1.5 s/],
    ] as const)('%s costs the trial that it was at', async (_how, signal, timeoutMs, sentence) => {
      const prober = await Prober.open(optionsOf(token, timeoutMs))
      try {
        const [pid = 0] = probePids()
        process.kill(pid, signal === 'SIGSTOP' ? signal : 'SIGSTOP')
        const lost = prober.run('local', undefined, BLANK)
        if (signal === 'SIGKILL') process.kill(pid, signal)
        expect((await lost).failed).toMatch(sentence)
        const shipped = loadProfile(chosen.name)
        const again = await prober.run('padding', undefined, shipped)
        expect(again.found).toBe(shipped.keyWrap.oddLengths)
        expect(probePids()).not.toContain(pid)
      } finally {
        prober.close()
      }
    })
  })
})

/** Process ids of probes that this process started. */
function probePids(): readonly number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((thread) => childrenOf(thread))
    .filter((pid) => commandLine(pid).includes('agent/probe/main.js'))
}

function childrenOf(thread: string): readonly number[] {
  const path = `/proc/${process.pid}/task/${thread}/children`
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
