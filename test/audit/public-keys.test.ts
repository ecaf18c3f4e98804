import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  PUBLIC_KEY_FILE,
  placePublicKeys,
  readPublicKeys,
} from '../../src/audit/public-key-file.js'
import { freshPair } from '../support/fresh-pair.js'
import { newFolder } from '../support/folder.js'

let folder: Awaited<ReturnType<typeof newFolder>>
let file: string

beforeEach(async () => {
  folder = await newFolder()
  file = join(folder.path, PUBLIC_KEY_FILE)
})
afterEach(() => folder.remove())

function newKey(): Buffer {
  const { publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  return publicKey.export({ type: 'spki', format: 'der' })
}

function digestOf(key: Buffer): Buffer {
  return createHash('sha256').update(key).digest()
}

async function keysInFile(): Promise<readonly Buffer[]> {
  return readPublicKeys(await readFile(file, 'utf8')).map((key) =>
    key.export({ type: 'spki', format: 'der' }),
  )
}

test('the key of another token stands before that of the one before, whoever writes last', async () => {
  const [old, young] = [newKey(), newKey()]
  expect(await placePublicKeys(folder.path, { own: old, known: [digestOf(old)] })).toEqual([old])
  const known = [digestOf(young), digestOf(old)]
  for (const own of [young, old, young]) {
    expect(await placePublicKeys(folder.path, { own, known })).toEqual([young, old])
    expect(await keysInFile()).toEqual([young, old])
  }
})

test('a key that the database does not know, and whatever else stands there, goes', async () => {
  const [own, strange] = [newKey(), newKey()]
  await placePublicKeys(folder.path, { own: strange, known: [digestOf(strange)] })
  await placePublicKeys(folder.path, { own, known: [digestOf(own)] })
  expect(await keysInFile()).toEqual([own])
  await writeFile(file, '-----BEGIN PUBLIC KEY-----\nnothing\n-----END PUBLIC KEY-----\n')
  await placePublicKeys(folder.path, { own, known: [digestOf(own)] })
  expect(await keysInFile()).toEqual([own])
})

test('a file that is right already is left alone', async () => {
  const own = newKey()
  await placePublicKeys(folder.path, { own, known: [digestOf(own)] })
  const before = await readFile(file, 'utf8')
  await placePublicKeys(folder.path, { own, known: [digestOf(own)] })
  expect(await readFile(file, 'utf8')).toBe(before)
  expect(() => readPublicKeys('')).toThrow('no public key')
})
