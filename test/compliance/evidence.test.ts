import { execFile, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFile,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodeManifest } from '../../src/compliance/evidence/manifest.js'
import { UselessSignature } from '../../src/compliance/evidence/sign-manifest.js'
import { verifyFolder } from '../../src/compliance/evidence/verify-folder.js'
import { writeEvidence } from '../../src/compliance/evidence/write-evidence.js'
import { UnusableFolder } from '../../src/compliance/evidence/write-folder.js'
import { inNewFolder, modeOf } from '../support/folder.js'
import { healthy } from './made-up.js'
import { HEAD, reportOf } from './sample-report.js'
import { type SigningKey, newSigningKey } from './signing-key.js'

const WRITER = fileURLToPath(new URL('./folder-writer-program.js', import.meta.url))

const FILES = [
  'audit-key.pem',
  'manifest.json',
  'manifest.sig',
  'report.html',
  'report.json',
  'report.junit.xml',
  'report.schema.json',
  'sbom.cdx.json',
] as const
const REPORT = {
  ...reportOf(healthy()),
  attachments: [{ name: 'sbom.cdx.json', mediaType: 'application/json', text: '{}\n' }],
}

let key: SigningKey
beforeAll(async () => {
  key = await newSigningKey()
})

function write(folder: string): Promise<void> {
  const { signer } = key
  return writeEvidence(folder, { report: REPORT, head: HEAD, signer, createdAt: Date.now() })
}

async function inEvidence(test: (folder: string) => Promise<void>): Promise<void> {
  await inNewFolder(async (parent) => {
    const folder = join(parent, 'evidence')
    await write(folder)
    await test(folder)
  })
}

async function flawsOf(folder: string, publicKey = key.publicKey): Promise<readonly string[]> {
  const { flaws } = await verifyFolder(folder, [publicKey])
  return flaws.map(({ file }) => file)
}

test('is as it was signed, and for its owner alone', async () => {
  await inEvidence(async (folder) => {
    expect((await readdir(folder)).sort()).toEqual(FILES)
    const { manifest, flaws } = await verifyFolder(folder, [key.publicKey])
    expect(flaws).toEqual([])
    expect(manifest).toMatchObject({
      verdict: 'pass',
      version: HEAD.version,
      token: REPORT.identity,
      audit_key_sha256: createHash('sha256').update(key.signer.auditKey.publicKey).digest('hex'),
    })
    expect(await modeOf(folder)).toBe('700')
    for (const file of FILES)
      expect([file, await modeOf(join(folder, file))]).toEqual([file, '600'])
    expect(await readdir(join(folder, '..'))).toEqual(['evidence'])
  })
})

test('can be verified by OpenSSL and sha256sum alone', async () => {
  await inEvidence(async (folder) => {
    const text = `kms-compliance-manifest-v1\n${sha256(await readFile(join(folder, 'manifest.json')))}\n`
    const args = ['dgst', '-sha256', '-verify', 'audit-key.pem', '-signature', 'manifest.sig']
    const answer = execFileSync('openssl', args, { cwd: folder, input: text })
    expect(answer.toString()).toContain('Verified OK')
    const { files } = decodeManifest(await readFile(join(folder, 'manifest.json')))
    const sums = files.map(({ name, sha256: sum }) => `${sum}  ${name}\n`).join('')
    execFileSync('sha256sum', ['-c', '--strict'], { cwd: folder, input: sums, stdio: 'pipe' })
    expect(files).toHaveLength(FILES.length - 2)
  })
})

describe('what was done to a file is found:', () => {
  const deeds: readonly (readonly [string, (path: string) => Promise<void>])[] = [
    ['a byte was changed', changeByte],
    ['a byte was added', (path) => appendFile(path, ' ')],
    ['it was cut', (path) => truncate(path, 10)],
    ['it is gone', (path) => rm(path)],
    ['it was made a folder', makeFolder],
    ['it was made a link to the same bytes', makeLink],
    ['it was made a pipe', makePipe],
  ]
  const cases = FILES.flatMap((file) => deeds.map(([name, deed]) => [file, name, deed] as const))

  test.each(cases)('%s: %s', async (file, _name, deed) => {
    await inEvidence(async (folder) => {
      await deed(join(folder, file))
      const flaws = await flawsOf(folder)
      // Without its bytes the signature of a manifest says nothing: it is named as well, or first.
      const expected = file === 'manifest.json' ? /^manifest\.(json|sig)$/ : new RegExp(`^${file}$`)
      expect(flaws.length).toBeGreaterThan(0)
      for (const flaw of flaws) expect(flaw).toMatch(expected)
    })
  })

  test('a file was added', async () => {
    await inEvidence(async (folder) => {
      await writeFile(join(folder, 'zz\u001b[2J'), '')
      await mkdir(join(folder, '.hidden'))
      expect(await flawsOf(folder)).toEqual(['.hidden', 'zz\\u{1b}[2J'])
    })
  })

  test('two files were exchanged', async () => {
    await inEvidence(async (folder) => {
      await rename(join(folder, 'report.json'), join(folder, 'x'))
      await rename(join(folder, 'report.html'), join(folder, 'report.json'))
      await rename(join(folder, 'x'), join(folder, 'report.html'))
      expect(await flawsOf(folder)).toEqual(['report.html', 'report.json'])
    })
  })

  test('a file and its line of the manifest were changed together', async () => {
    await inEvidence(async (folder) => {
      await writeFile(join(folder, 'report.json'), '{}')
      const path = join(folder, 'manifest.json')
      const manifest = decodeManifest(await readFile(path))
      const files = manifest.files.map((file) =>
        file.name === 'report.json'
          ? { ...file, bytes: 2, sha256: sha256(Buffer.from('{}')) }
          : file,
      )
      await writeFile(path, JSON.stringify({ ...manifest, files }))
      expect(await flawsOf(folder)).toEqual(['manifest.sig'])
    })
  })

  test('all of it is of another run under another key', async () => {
    await inEvidence(async (folder) => {
      const other = await newSigningKey()
      expect(await flawsOf(folder, other.publicKey)).toEqual(['manifest.sig'])
    })
  })

  test('the signature is of another run', async () => {
    await inNewFolder(async (parent) => {
      const [one, other] = [join(parent, 'one'), join(parent, 'other')]
      const about = { report: REPORT, head: HEAD, signer: key.signer }
      await writeEvidence(one, { ...about, createdAt: 1 })
      await writeEvidence(other, { ...about, createdAt: 2 })
      await writeFile(join(one, 'manifest.sig'), await readFile(join(other, 'manifest.sig')))
      expect(await flawsOf(one)).toEqual(['manifest.sig'])
    })
  })
})

describe('nothing is left', () => {
  test('of a signature that its own key does not confirm', async () => {
    await inNewFolder(async (parent) => {
      const { signer } = key
      const wrong = { ...signer, hsm: { sign: () => Promise.resolve(new Uint8Array(64).fill(1)) } }
      const about = { report: REPORT, head: HEAD, signer: wrong, createdAt: 0 }
      await expect(writeEvidence(join(parent, 'evidence'), about)).rejects.toThrow(UselessSignature)
      expect(await readdir(parent)).toEqual([])
    })
  })

  test.each([
    ['a folder', (path: string) => mkdir(path)],
    ['a file', (path: string) => writeFile(path, 'mine')],
    ['a link that leads nowhere', (path: string) => symlink('/nowhere', path)],
  ])('where %s is there already', async (_name, make) => {
    await inNewFolder(async (parent) => {
      const folder = join(parent, 'evidence')
      await make(folder)
      await expect(write(folder)).rejects.toThrow(/evidence is there already/)
      expect(await readdir(parent)).toEqual(['evidence'])
    })
  })

  test('where there is no place for it', async () => {
    await expect(write('/no/such/folder')).rejects.toThrow(UnusableFolder)
  })

  test('under its name by a writer that is killed', async () => {
    await inNewFolder(async (parent) => {
      const child = spawn(process.execPath, [WRITER, join(parent, 'evidence')], { stdio: 'ignore' })
      const ended = new Promise((resolve) => child.once('close', resolve))
      try {
        await until(async () => (await filesIn(parent)).length > 3)
      } finally {
        child.kill('SIGKILL')
        await ended
      }
      const names = await readdir(parent)
      expect(names).toHaveLength(1)
      expect(names[0]).toMatch(/^evidence\.part-/)
    })
  })
})

async function filesIn(parent: string): Promise<readonly string[]> {
  const [draft] = await readdir(parent)
  return draft === undefined ? [] : readdir(join(parent, draft))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function changeByte(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  await writeFile(path, bytes)
}

async function makeLink(path: string): Promise<void> {
  await rename(path, `${path}.elsewhere`)
  await rename(`${path}.elsewhere`, join(path, '..', '..', 'elsewhere'))
  await symlink('../elsewhere', path)
}

async function makeFolder(path: string): Promise<void> {
  await rm(path)
  await mkdir(path)
}

async function makePipe(path: string): Promise<void> {
  await rm(path)
  await promisify(execFile)('mkfifo', [path])
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
