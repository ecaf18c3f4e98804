import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { codeIn, fileOf, rowsOf, sectionOf, textOf } from './documents.js'

const GUIDE = textOf('hsm/profiles/README.md')

test('the guide to profiles lists every profile', () => {
  const listed = rowsOf(GUIDE).map(([name = '']) => codeIn(name)[0])
  const own = readdirSync(fileOf('hsm/profiles'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
  expect([...listed].sort()).toEqual(own.sort())
})

test('the guide to profiles explains every field, and no other', () => {
  const explained = rowsOf(sectionOf(GUIDE, '## Fields')).map(([name = '']) => codeIn(name)[0])
  const profile: unknown = JSON.parse(textOf('hsm/profiles/softhsm2.json'))
  expect([...explained].sort()).toEqual([...fieldsOf(profile, '')].sort())
})

/** Names of the members of a profile, those of a nested one behind a dot. */
function fieldsOf(value: unknown, prefix: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [prefix]
  return Object.entries(value).flatMap(([name, member]) =>
    fieldsOf(member, prefix === '' ? name : `${prefix}.${name}`),
  )
}
