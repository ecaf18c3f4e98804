import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../../src/cli/command.js'
import { compliance } from '../../src/cli/compliance.js'
import { describeUnless } from '../support/describe-unless.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import { Bench, checkOf, failedIds, parseReport, readReport } from './bench.js'

const missing = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined
const KMSCTL = fileURLToPath(new URL('../../src/cli/kmsctl.js', import.meta.url))
const PROFILE = new URL('../../../hsm/profiles/softhsm2.json', import.meta.url)

let bench: Bench
beforeAll(async () => {
  if (missing === undefined) bench = await Bench.open(openSoftHsmToken)
})
afterAll(() => missing === undefined && bench.close())

describeUnless(missing, 'a compliance run that cannot be completed', () => {
  test.each([
    ['a setting is wrong', { KMS_AGENTS: 'many' }, 'KMS_AGENTS'],
    ['the token is away', { KMS_PKCS11_URI: uri({ token: 'nobody' }) }, 'KMS_PKCS11_URI'],
    ['there is no library', { KMS_PKCS11_URI: uri({ module: '/none.so' }) }, 'KMS_PKCS11_URI'],
    ['there is no PIN', { KMS_PKCS11_URI: uri({ pin: '/none' }) }, 'KMS_PKCS11_URI'],
    ['the profile is unknown', { KMS_HSM_PROFILE: 'no-such' }, 'KMS_HSM_PROFILE'],
    ['the database is away', { KMS_DATABASE_URL: 'postgres://127.0.0.1:1/x' }, 'KMS_DATABASE_URL'],
    ['the database is no file', { KMS_DATABASE_URL: 'sqlite:/dev/null/x' }, 'KMS_DATABASE_URL'],
  ])('ends with 2 when %s', async (_case, changes, variable) => {
    const { exitCode, out, err } = await bench.run([], changes)
    expect([exitCode, out]).toEqual([2, ''])
    expect(err).toMatch(
      new RegExp(`^The compliance run could not be completed\\. ${variable}: .+\n$`),
    )
  })

  test('ends with 2 when the PIN is refused', async () => {
    const pin = join(bench.directory, 'wrong-pin')
    await writeFile(pin, 'not-the-pin')
    const right = bench.environment['KMS_PKCS11_URI'] ?? ''
    const wrong = right.replace(
      /pin-source=[^&]*/,
      `pin-source=${encodeURIComponent(`file:${pin}`)}`,
    )
    expect((await bench.run([], { KMS_PKCS11_URI: wrong })).exitCode).toBe(2)
  })

  test.each([
    [['--json']],
    [['--junit', '']],
    [['--json', 'same', '--junit', './same']],
    [['extra']],
    [['--json', '/no/such/folder/report.json']],
    [['--junit', '/dev/null/report.xml']],
    [['--full', '--read-only']],
    [['--vectors', '/no/such/folder']],
    [['--endpoint', 'https://localhost:443']],
    [['--endpoint', 'localhost:65536']],
    [['--cryptoperiods', 'master=365']],
    [['--cryptoperiods', 'sign=0']],
    [['--access-key-days', '12h']],
  ])('refuses the arguments %j', async (args) => {
    await expect(bench.run(args)).rejects.toThrow(UsageError)
  })

  test('ends with 2 when the report cannot be written', async () => {
    const { exitCode, err } = await bench.run(['--json', '/dev/full'])
    expect(exitCode).toBe(2)
    expect(err).toContain('--json')
  })
})

describeUnless(missing, 'the progress of a compliance run', () => {
  async function errOf(terminal: boolean): Promise<string> {
    let written = ''
    const exitCode = await compliance(['--offline'], {
      environment: bench.environment,
      out: () => undefined,
      err: (text) => void (written += text),
      terminal,
    })
    expect(exitCode).toBe(0)
    return written
  }

  test('is shown on a terminal, and leaves nothing there', async () => {
    const written = await errOf(true)
    expect(written).toContain('Checking: attempts …')
    expect(written.split('\r\u001b[K').at(-1)).toMatch(/^Token kms/)
  })

  test('is not shown elsewhere', async () => {
    expect(await errOf(false)).not.toContain('Checking')
  })
})

describeUnless(missing, 'kmsctl compliance', () => {
  test('ends with 0 and prints JSON', async () => {
    const { code, stdout, stderr } = await kmsctl([])
    expect([code, parseReport(stdout).verdict]).toEqual([0, 'pass'])
    expect(stderr).toMatch(
      /\nPASS: \d+ checks passed, 0 failed, \d+ not applicable, 1 for a person to judge\.\n$/,
    )
  })

  test('writes the files that it is told to', async () => {
    const [json, junit] = ['report.json', 'report.xml'].map((name) => join(bench.directory, name))
    const { code, stdout } = await kmsctl(['--json', json ?? '', '--junit', junit ?? ''])
    expect([code, stdout]).toEqual([0, ''])
    expect((await readReport(json ?? '')).verdict).toBe('pass')
    expect(await readFile(junit ?? '', 'utf8')).toContain('failures="0"')
  })

  test('ends with 2, not 1, when standard output takes nothing', async () => {
    const { code } = await kmsctl([], { shell: `"$0" "$@" >/dev/full` })
    expect(code).toBe(2)
  })

  test('ends with 2 on arguments that it does not know', async () => {
    expect((await kmsctl(['--quick'])).code).toBe(2)
  })
})

describeUnless(missing, 'a token that fails the known-answer tests', () => {
  test.each(['0x2109', '0x2222'])('is reported, mechanism %s', async (mechanism) => {
    const profile = JSON.parse(await readFile(PROFILE, 'utf8')) as { keyWrap: object }
    const path = join(bench.directory, `profile-${mechanism}.json`)
    const wrong = { ...profile, keyWrap: { ...profile.keyWrap, mechanism } }
    await writeFile(path, JSON.stringify(wrong))
    const report = await bench.report({ KMS_HSM_PROFILE: path })
    expect(report.exitCode).toBe(1)
    expect(failedIds(report)).toEqual([
      'KAT-AES-KWP-WRAP',
      'KAT-AES-KWP-UNWRAP',
      ...(mechanism === '0x2222' ? ['KEY-ATTEMPTS'] : []),
    ])
    expect(report.err).toMatch(/FAIL KAT-AES-KWP-WRAP: wrap \d+ byte/)
    // Of the check values, those of the binding key and of the audit key alone can be trusted.
    expect(checkOf(report, 'STORE-CHECK-VALUE')).toMatchObject({ passed: 2, not_applicable: 3 })
  })
})

function uri(parts: { token?: string; module?: string; pin?: string }): string {
  const { token = 'kms', module = softHsmModule() ?? '', pin = '/dev/null' } = parts
  return `pkcs11:token=${token}?module-path=${module}&pin-source=file:${pin}`
}

function kmsctl(
  args: readonly string[],
  { shell = 'exec "$0" "$@"' }: { readonly shell?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = ['-c', shell, process.execPath, KMSCTL, 'compliance', '--offline', ...args]
  const options = { env: { ...process.env, ...bench.environment }, timeout: 25_000 }
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', command, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}
