import { existsSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { DOCUMENTS, fileOf, textOf } from './documents.js'

/** Paths of the repository as the documents write them, between backticks. */
const PATH = /`((?:src|test|hsm|scripts|docs)\/[\w./-]+)`/g

test.each(DOCUMENTS)('%s names only files that are there', (document) => {
  const named = [...textOf(document).matchAll(PATH)].map(([, path]) => path ?? '')
  expect(named.filter((path) => !existsSync(fileOf(path)))).toEqual([])
})

test.each(DOCUMENTS)('%s links only to files and headings that are there', (document) => {
  const links = [...textOf(document).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(
    ([, to]) => to ?? '',
  )
  const broken = links.filter((link) => {
    const [path = '', heading] = link.split('#')
    const target = path === '' ? fileOf(document) : new URL(path, fileOf(document))
    if (!existsSync(target)) return true
    if (heading === undefined) return false
    return !anchorsOf(path === '' ? document : pathOf(target)).includes(heading)
  })
  expect(broken).toEqual([])
})

test('the threat table says of every threat which test covers it, or that none does', () => {
  const rows = textOf('SECURITY.md')
    .split('\n')
    .filter((line) => /^\| [STRIDE] \|/.test(line))
  expect(new Set(rows.map((row) => row.charAt(2)))).toEqual(new Set('STRIDE'))
  const silent = rows.filter(
    (row) => !/`test\/[^`]+\.ts`|not covered/.test(row.split('|')[4] ?? ''),
  )
  expect(silent).toEqual([])
})

function pathOf(target: URL): string {
  return target.pathname.slice(fileOf('.').pathname.length)
}

/** Anchors that hosts make of headings: lower case, blanks to dashes, nothing but letters, digits and dashes. */
function anchorsOf(document: string): readonly string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
