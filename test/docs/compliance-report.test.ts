import { execFileSync, spawnSync } from 'node:child_process'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { writeEvidence } from '../../src/compliance/evidence/write-evidence.js'
import { healthy } from '../compliance/made-up.js'
import { HEAD, reportOf } from '../compliance/sample-report.js'
import { newSigningKey } from '../compliance/signing-key.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { codeIn, rowsOf, sectionOf, textOf } from './documents.js'

const DOCUMENT = textOf('docs/compliance-report.md')

async function inEvidence(use: (folder: string) => Promise<void>): Promise<void> {
  const { signer } = await newSigningKey()
  const bill = { name: 'sbom.cdx.json', mediaType: 'application/json', text: '{}' }
  const report = { ...reportOf(healthy()), attachments: [bill] }
  await inNewFolder(async (parent) => {
    const folder = join(parent, 'evidence')
    await writeEvidence(folder, { report, head: HEAD, signer, createdAt: Date.now() })
    await use(folder)
  })
}

test('lists every file of a run, and no other', async () => {
  const documented = rowsOf(sectionOf(DOCUMENT, '## Files')).map(([name = '']) => codeIn(name)[0])
  await inEvidence(async (folder) => {
    expect((await readdir(folder)).sort()).toEqual([...documented].sort())
  })
})

const lacking = ['openssl', 'jq', 'sha256sum'].find(
  (program) => spawnSync(program, ['--version']).error !== undefined,
)

describeUnless(
  lacking && `${lacking} is not installed`,
  'the commands for those without this program',
  () => {
    const block =
      /```sh\n(.*?)```/s.exec(sectionOf(DOCUMENT, '### Without this program'))?.[1] ?? ''

    function run(folder: string): string {
      const script = block.replace('/path/to/audit-key.pem', 'audit-key.pem')
      return execFileSync('sh', ['-e', '-c', script], { cwd: folder, stdio: 'pipe' }).toString()
    }

    test('find evidence as it was signed', async () => {
      await inEvidence((folder) => {
        const out = run(folder)
        expect(out).toContain('Verified OK')
        expect(out).toContain('report.html: OK')
        return Promise.resolve()
      })
    })

    test.each(['manifest.json', 'report.html', 'sbom.cdx.json'])(
      'find that %s was changed',
      async (name) => {
        await inEvidence(async (folder) => {
          const path = join(folder, name)
          await writeFile(path, `${await readFile(path, 'utf8')} `)
          expect(() => run(folder)).toThrow()
        })
      },
    )
  },
)
