import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { type CommandResult, kmsctl } from '../support/kmsctl.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

describeUnless(softHsmModule() ? undefined : 'SoftHSM is not installed', 'kmsctl hsm probe', () => {
  let token: TestToken
  let folder: Awaited<ReturnType<typeof newFolder>>
  beforeAll(async () => {
    token = await openSoftHsmToken()
    folder = await newFolder()
  })
  afterAll(() => Promise.all([token.remove(), folder.remove()]))

  function probe(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    const data = join(folder.path, 'var')
    const all = { ...token.environment, ...environment }
    return kmsctl(data, ['hsm', 'probe', ...args], { environment: all })
  }

  test('writes the profile of the token that is named, and touches neither database nor settings', async () => {
    const { pinFile } = parseTokenUri(token.uri)
    const out = join(folder.path, 'mine.json')
    const named = ['--profile', 'softhsm2', '--module', softHsmModule() ?? '', '--token', 'kms']
    const { code, err, out: printed } = await probe([...named, '--pin-file', pinFile, '--out', out])
    expect([code, printed]).toEqual([0, ''])
    expect(err).toMatch(/0x210A +RFC 5649, and it comes back\.[^]*The service runs on this token/)
    const shipped = loadProfile('softhsm2')
    const { name, about, sources, modulePaths, ...facts } = shipped
    expect(loadProfile(out)).toEqual({
      ...facts,
      name: expect.not.stringMatching(`^${name}$`),
      about: expect.not.stringMatching(about),
      sources: expect.not.arrayContaining([...sources]),
      modulePaths: [softHsmModule()],
    })
    expect(modulePaths).not.toHaveLength(0)
    expect(existsSync(join(folder.path, 'var'))).toBe(false)
    const pin = (await readFile(pinFile, 'utf8')).trim()
    for (const text of [err, await readFile(out, 'utf8')]) expect(text).not.toContain(pin)
  }, 120_000)

  test('takes the token of KMS_PKCS11_URI, and prints the draft', async () => {
    const { code, out } = await probe([], { KMS_PKCS11_URI: token.uri })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      name: 'draft',
      environment: ['SOFTHSM2_CONF'],
      keyWrap: { mechanism: '0x210A' },
    })
  }, 120_000)

  test.each([
    ['no token', [], /KMS_PKCS11_URI is not set, and no --token is named/],
    ['no PIN file', ['--token', 'kms'], /--token and --pin-file are needed together/],
    ['a profile that is none', ['--profile', 'nobody'], /--profile: It is neither/],
    ['a relative module', ['--token', 'kms', '--pin-file', 'x', '--module', 'x.so'], /absolute/],
    ['no module', ['--token', 'kms', '--pin-file', 'x', '--profile', 'yubihsm2'], /--module is/],
    ['a word too much', ['softhsm2'], /kmsctl hsm probe \[--profile/],
  ] as const)('says what is wrong with %s, and ends with 2', async (_what, args, sentence) => {
    const { code, out, err } = await probe(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
  })

  test('does not try a wrong PIN twice, and says why the token could not be probed', async () => {
    const pinFile = join(folder.path, 'wrong-pin')
    await writeFile(pinFile, 'not the PIN')
    const named = ['--profile', 'softhsm2', '--module', softHsmModule() ?? '', '--token', 'kms']
    const { code, err } = await probe([...named, '--pin-file', pinFile])
    expect(code).toBe(2)
    expect(err).toMatch(
      /^The token could not be probed\. The token refused the PIN\. It is not tried again/,
    )
    const elsewhere = [...named.slice(0, -1), 'nowhere', '--pin-file', pinFile]
    expect((await probe(elsewhere)).err).toMatch(/No token of .* is named/)
  })
})
