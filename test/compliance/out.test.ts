import { spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { UsageError } from '../../src/cli/command.js'
import { compliance } from '../../src/cli/compliance.js'
import { describeUnless } from '../support/describe-unless.js'
import { freshPair } from '../support/fresh-pair.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import { Bench, type Outcome, addCmk, failedIds, readReport } from './bench.js'

const missing = softHsmModule() === undefined ? 'SoftHSM is not installed' : undefined
const KMSCTL = fileURLToPath(new URL('../../src/cli/kmsctl.js', import.meta.url))

let bench: Bench
/** A run of the token as it was made, and the key from the folder of the audit log. */
let folder: string
let key: string
beforeAll(async () => {
  if (missing !== undefined) return
  bench = await Bench.open(openSoftHsmToken)
  folder = join(bench.directory, 'first')
  key = join(bench.directory, 'audit', 'audit-key.pem')
  const { exitCode, out, err } = await bench.run(['--out', folder])
  expect([exitCode, out]).toEqual([0, ''])
  expect(err).toMatch(/The signed evidence is in .*first\.\n$/)
})
afterAll(() => missing === undefined && bench.close())

/** Runs the command with nothing in its environment: neither token nor database can be found. */
async function offline(...args: readonly string[]): Promise<Outcome> {
  const written = { out: '', err: '' }
  const exitCode = await compliance(args, {
    environment: { KMS_DATA_DIR: '/dev/null/x', KMS_DATABASE_URL: 'none' },
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
  })
  return { exitCode, ...written }
}

async function copied(name: string): Promise<string> {
  const copy = join(bench.directory, name)
  await cp(folder, copy, { recursive: true })
  return copy
}

describeUnless(missing, 'kmsctl compliance --out', () => {
  test('writes a report that fits the schema beside it', async () => {
    const [schema, report] = await Promise.all(
      ['report.schema.json', 'report.json'].map(
        async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as AnySchemaObject,
      ),
    )
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema ?? {})
    expect([validate(report), validate.errors]).toEqual([true, null])
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('Token kms')
    expect(await readFile(join(folder, 'report.junit.xml'), 'utf8')).toContain('failures="0"')
  })

  test('signs with the key that the service signs its log with, and makes no object', async () => {
    const [own, given] = await Promise.all(
      [key, join(folder, 'audit-key.pem')].map(async (path) =>
        createPublicKey(await readFile(path, 'utf8')),
      ),
    )
    expect(given && own?.equals(given)).toBe(true)
    const before = await readReport(join(folder, 'report.json'))
    expect((await bench.report()).objects).toEqual(before.objects)
  })

  test('still writes the files of --json and --junit', async () => {
    const names = ['out-and-files', 'a.json', 'a.xml'].map((name) => join(bench.directory, name))
    const [out = '', json = '', junit = ''] = names
    await bench.run(['--out', out, '--json', json, '--junit', junit])
    expect(await readFile(join(out, 'report.json'), 'utf8')).toBe(await readFile(json, 'utf8'))
    expect(await readFile(join(out, 'report.junit.xml'), 'utf8')).toBe(
      await readFile(junit, 'utf8'),
    )
  })

  test.each([
    ['', 'folder'],
    ['first', 'is there already'],
    ['no/such/place', 'cannot be made'],
    ['kms.sqlite/x', 'cannot be made'],
  ])('refuses --out %j before it asks the token', async (name, sentence) => {
    const out = name === '' ? '' : join(bench.directory, name)
    const nowhere = 'pkcs11:token=kms?module-path=/none.so&pin-source=file:/dev/null'
    const refused = bench.run(['--out', out], { KMS_PKCS11_URI: nowhere })
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(sentence)
  })

  test('that is killed leaves no folder, whenever that is', async () => {
    const parent = join(bench.directory, 'killed')
    await mkdir(parent)
    for (const ms of [300, 900, 1800]) await killAfter(ms, join(parent, 'evidence'))
    const complete = (await readdir(parent)).filter((name) => name === 'evidence')
    // A fast machine may have been done before: then it is whole.
    for (const name of complete) {
      expect((await offline('verify', join(parent, name), '--key', key)).exitCode).toBe(0)
    }
    await rm(parent, { recursive: true })
  })
})

describeUnless(missing, 'kmsctl compliance verify', () => {
  test('finds evidence as it was signed, offline', async () => {
    const { exitCode, out, err } = await offline('verify', folder, '--key', key)
    expect([exitCode, err]).toEqual([0, 'The evidence is as it was signed.\n'])
    expect(JSON.parse(out)).toMatchObject({
      verified: true,
      verdict: 'pass',
      token: { label: 'kms' },
      flaws: [],
    })
  })

  test('says what a key from the folder itself is worth', async () => {
    const { exitCode, err } = await offline(
      'verify',
      folder,
      '--key',
      join(folder, 'audit-key.pem'),
    )
    expect(exitCode).toBe(0)
    expect(err).toContain('not who signed them')
  })

  test('names what is wrong, and ends with 1', async () => {
    const copy = await copied('tampered')
    await writeFile(join(copy, 'report.html'), 'all is well')
    await rm(join(copy, 'report.junit.xml'))
    await writeFile(join(copy, 'more.txt'), '')
    const { exitCode, out, err } = await offline('verify', copy, '--key', key)
    expect(exitCode).toBe(1)
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^report\.html: It has 11 bytes instead of \d+\.$/),
      'report.junit.xml: It is missing.',
      'more.txt: It was added: the manifest does not list it.',
      'The evidence is not as it was signed.',
      '',
    ])
    expect(JSON.parse(out)).toMatchObject({ verified: false })
  })

  test('ends with 1 under another key', async () => {
    const other = await keyFile('other', 'P-256')
    const { exitCode, err } = await offline('verify', folder, '--key', other)
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^manifest\.sig: It is not a signature of this key/)
  })

  test('ends with 2 where it cannot tell', async () => {
    const curve = await keyFile('curve', 'P-384')
    for (const [given, from] of [
      ['/no/such/folder', key],
      [folder, '/no/such/key'],
      [folder, join(folder, 'report.json')],
      [folder, curve],
    ] as const) {
      const { exitCode, out, err } = await offline('verify', given, '--key', from)
      expect([exitCode, out]).toEqual([2, ''])
      expect(err).toMatch(/^The evidence could not be checked\. The /)
    }
  })

  test.each([[[]], [['x']], [['x', 'y', '--key', 'z']], [['x', '--keys', 'z']]])(
    'refuses the arguments %j',
    async (args) => {
      await expect(offline('verify', ...args)).rejects.toThrow(UsageError)
    },
  )
})

describeUnless(missing, 'kmsctl compliance compare', () => {
  test('says what a new CMK and one that is gone have changed', async () => {
    const second = join(bench.directory, 'second')
    const added = await bench.withBackend(addCmk)
    await bench.sabotage({ deed: 'destroy', id: bench.cmk.id })
    expect((await bench.run(['--out', second])).exitCode).toBe(1)
    const { exitCode, out, err } = await offline('compare', folder, second)
    expect(exitCode).toBe(0)
    expect(err).toBe('The older run was not verified, the newer one was not verified.\n')
    for (const line of [
      'verdict: pass → fail',
      'check STORE-MISSING: pass → fail',
      `  fails now: ${bench.cmk.label}`,
      `object came: cmk/${added.keyId}/1`,
      `object went: ${bench.cmk.label}`,
    ]) {
      expect(out).toContain(`\n${line}`)
    }
    const keys = ['--old-key', key, '--new-key', key]
    const verified = await offline('compare', folder, second, '--json', ...keys)
    expect(JSON.parse(verified.out)).toMatchObject({
      trust: { old: 'verified', new: 'verified' },
      verdict: { old: 'pass', new: 'fail' },
      counts: { cmk_versions: { old: 2, new: 3 } },
    })
    expect(failedIds(await readReport(join(second, 'report.json')))).toContain('STORE-MISSING')
  })

  test('takes reports by their files, and says of a run and itself that nothing has changed', async () => {
    const { exitCode, out } = await offline('compare', folder, join(folder, 'report.json'))
    expect(exitCode).toBe(0)
    expect(out).toMatch(/\nNothing has changed\.\n$/)
  })

  test('compares nothing that is not as it was signed', async () => {
    const copy = await copied('loosened')
    await writeFile(join(copy, 'report.json'), '{}')
    const { exitCode, out, err } = await offline('compare', folder, copy, '--new-key', key)
    expect([exitCode, out]).toEqual([1, ''])
    expect(err).toMatch(/loosened is not as it was signed, and was not compared\. report\.json: /)
  })

  test('ends with 2 where there is nothing to compare', async () => {
    const old = join(bench.directory, 'old.json')
    await writeFile(old, JSON.stringify({ report: 'hsm-kms compliance' }))
    for (const given of ['/no/such/folder', bench.directory, key, old]) {
      const { exitCode, out, err } = await offline('compare', given, folder)
      expect([exitCode, out]).toEqual([2, ''])
      expect(err).toMatch(/^The runs could not be compared\. /)
    }
    await expect(offline('compare', folder)).rejects.toThrow(UsageError)
  })
})

describeUnless(missing, 'evidence that cannot be signed', () => {
  test('is not left, and the run ends with 2', async () => {
    const out = join(bench.directory, 'unsigned')
    // A database of its own knows none of the keys on the token.
    const changes = { KMS_DATA_DIR: join(bench.directory, 'empty') }
    const { exitCode, err } = await bench.run(['--out', out], changes)
    expect(exitCode).toBe(2)
    expect(err).toContain('\nFAIL STORE-ORPHAN: ')
    expect(err).toMatch(/could not be completed\. .*names no audit key/)
    const left = await readdir(bench.directory)
    expect(left.filter((name) => name.startsWith('unsigned'))).toEqual([])
  })
})

async function keyFile(name: string, namedCurve: string): Promise<string> {
  const path = join(bench.directory, `${name}.pem`)
  const { publicKey } = freshPair('ec', { namedCurve })
  await writeFile(path, publicKey.export({ format: 'pem', type: 'spki' }))
  return path
}

async function killAfter(ms: number, out: string): Promise<void> {
  const child = spawn(process.execPath, [KMSCTL, 'compliance', '--offline', '--out', out], {
    env: { ...process.env, ...bench.environment },
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const timer = setTimeout(() => child.kill('SIGKILL'), ms)
  await ended
  clearTimeout(timer)
}
