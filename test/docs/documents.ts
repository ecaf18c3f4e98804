import { readFileSync } from 'node:fs'

const ROOT = new URL('../../../', import.meta.url)

/** Every document of the project, by its path in the repository. */
export const DOCUMENTS = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/ciphertext.md',
  'docs/compliance-report.md',
  'docs/design.md',
  'docs/directory.md',
  'docs/error-handling.md',
  'docs/keystores.md',
  'docs/monitoring.md',
  'docs/trusted-key-space.md',
  'hsm/ceremony.md',
  'hsm/profiles/README.md',
] as const

/** Address of a file of the repository. */
export function fileOf(path: string): URL {
  return new URL(path, ROOT)
}

/** Text of a file of the repository. */
export function textOf(path: string): string {
  return readFileSync(fileOf(path), 'utf8')
}

/** Part of a document that stands under a heading, up to the next one of the same or a higher level. */
export function sectionOf(document: string, heading: string): string {
  const lines = document.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`There is no heading "${heading}".`)
  const level = heading.indexOf(' ')
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level)
  return rest.slice(0, end < 0 ? undefined : end).join('\n')
}

/** Rows of the first table of a text, without its head: the cells of each, trimmed. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const rule = lines.findIndex((line) => /^\|(?:-+\|)+$/.test(line))
  if (rule < 0) throw new Error('There is no table.')
  const rest = lines.slice(rule + 1)
  const end = rest.findIndex((line) => !line.startsWith('|'))
  return rest.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

/** What stands between backticks in a text. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')
}
