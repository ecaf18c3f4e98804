import { readFileSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { mechanismNumber } from '../../src/hsm/mechanism-number.js'
import {
  ProfileSchema,
  UnusableProfile,
  limitsOf,
  loadProfile,
  loadServingProfile,
} from '../../src/hsm/profile.js'
import { inNewFolder } from '../support/folder.js'

const FOLDER = new URL('../../../hsm/profiles/', import.meta.url)
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))

/** Members that are no facts about a token, and those whose source is the vendor's silence: 0 and none. */
const IDENTITY = new Set(['name', 'about', 'sources', 'production', 'recycleAfterCalls'])

test('the schema of profiles is one', () => {
  expect(new Ajv2020().validateSchema(ProfileSchema)).toBe(true)
})

describe('the profiles of the project', () => {
  test.each(NAMES)('%s is valid and named after its file', (name) => {
    expect(loadProfile(name).name).toBe(name)
  })

  test.each(NAMES)('%s has a source for every fact', (name) => {
    const profile = loadProfile(name)
    const sources = profile.sources.join('\n')
    const open = Object.keys(profile).filter(
      (fact) => !IDENTITY.has(fact) && !sources.includes(fact),
    )
    const stated = open.filter(
      (fact) => JSON.stringify(profile[fact as keyof typeof profile]) !== '[]',
    )
    expect(stated).toEqual([])
  })

  test('no software token is taken for one of production', () => {
    const production = NAMES.filter((name) => loadProfile(name).production)
    expect(production).toEqual(['pkcs11-v3'])
  })
})

describe('a profile of one’s own', () => {
  const valid = JSON.parse(readFileSync(new URL('softhsm2.json', FOLDER), 'utf8')) as object

  test('is read from an absolute path', async () => {
    await inNewFolder(async (folder) => {
      const path = join(folder, 'mine.json')
      await writeFile(path, JSON.stringify({ ...valid, name: 'mine' }))
      expect(loadProfile(path).name).toBe('mine')
    })
  })

  test.each([
    ['a fact that is not known', { threads: 4 }],
    ['a mechanism that is no number', { keyWrap: { mechanism: 'CKM_AES_KEY_WRAP_PAD' } }],
    ['no sources', { sources: [] }],
    ['a negative number', { recycleAfterCalls: -1 }],
    ['a pattern that is none', { pin: { pattern: '(', form: 'a bracket' } }],
    ['a reason that is no sentence', { unsuitable: 'too small' }],
    ['an input error that no token loses its device with', { inputErrors: ['CKR_GENERAL_ERROR'] }],
    ['an input error that says a handle is stale', { inputErrors: ['CKR_KEY_HANDLE_INVALID'] }],
    ['a contention that is no return value', { contentionErrors: ['busy'] }],
    ['keys that get out, and production', { production: true, enforcesExtractable: false }],
  ])('is refused with %s', async (_what, change) => {
    await inNewFolder(async (folder) => {
      const path = join(folder, 'mine.json')
      await writeFile(path, JSON.stringify({ ...valid, ...change }))
      expect(() => loadProfile(path)).toThrow(UnusableProfile)
    })
  })

  test.each([
    ['a production token', true, UnusableProfile],
    ['any other', false, undefined],
  ])('may name OAEP stand-ins for %s: %s is refused', async (_which, production, error) => {
    await inNewFolder(async (folder) => {
      const path = join(folder, 'mine.json')
      const oaep = { hashes: ['sha1'], standIns: ['sha256'] }
      await writeFile(path, JSON.stringify({ ...valid, production, oaep }))
      if (error) expect(() => loadProfile(path)).toThrow(error)
      else expect(limitsOf(loadProfile(path)).oaepHashes).toEqual(['sha1', 'sha256'])
    })
  })

  test('of a token that the service cannot run on is read, and never served', async () => {
    await inNewFolder(async (folder) => {
      const path = join(folder, 'mine.json')
      await writeFile(path, JSON.stringify({ ...valid, unsuitable: 'It wraps nothing.' }))
      expect(loadProfile(path).unsuitable).toBe('It wraps nothing.')
      expect(() => loadServingProfile(path)).toThrow(/cannot serve\. It wraps nothing\.$/)
    })
  })

  test.each(['absent', '/nowhere/profile.json', '../../package', ''])('%s is refused', (name) => {
    expect(() => loadProfile(name)).toThrow(UnusableProfile)
  })
})

test('mechanisms are written in hexadecimal', () => {
  expect(mechanismNumber('0x210A')).toBe(8458)
})
