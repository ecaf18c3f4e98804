import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { codeIn, fileOf, rowsOf, sectionOf, textOf } from './documents.js'

const GUIDE = textOf('hsm/profiles/README.md')

test('the guide to profiles lists every profile', () => {
  const listed = rowsOf(GUIDE).map(([name = '']) => codeIn(name)[0])
  expect([...listed].sort()).toEqual([...own()].sort())
})

test('the guide to profiles explains every field, and no other', () => {
  const explained = fieldsIn('## Fields')
  const profile: unknown = JSON.parse(textOf('hsm/profiles/softhsm2.json'))
  expect([...explained].sort()).toEqual([...fieldsOf(profile, '')].sort())
})

test('the guide to profiles explains the fields that only some have', () => {
  const common = fieldsIn('## Fields')
  const explained = fieldsIn('## Fields that most profiles leave out')
  for (const name of own()) {
    const profile: unknown = JSON.parse(textOf(`hsm/profiles/${name}.json`))
    const known = fieldsOf(profile, '').filter((field) => !common.includes(field))
    for (const field of known) expect(explained).toContain(field.split('.')[0])
  }
})

function own(): readonly string[] {
  return readdirSync(fileOf('hsm/profiles'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
}

function fieldsIn(section: string): readonly (string | undefined)[] {
  return rowsOf(sectionOf(GUIDE, section)).map(([name = '']) => codeIn(name)[0])
}

/** Names of the members of a profile, those of a nested one behind a dot. */
function fieldsOf(value: unknown, prefix: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [prefix]
  return Object.entries(value).flatMap(([name, member]) =>
    fieldsOf(member, prefix === '' ? name : `${prefix}.${name}`),
  )
}
