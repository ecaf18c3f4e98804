import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { KeyTable } from '../../src/hsm/agent/key-table.js'
import { KnownHandles } from '../../src/hsm/agent/known-handles.js'

const id = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(hex)
const handle = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes))

test('another thread finds every handle in the shared memory, and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, handle)), fc.array(id), (entries, others) => {
      const known = new Map(entries)
      const table = new KeyTable(KeyTable.of(known).shared)
      for (const name of [...known.keys(), ...others]) {
        expect(table.find(Buffer.from(name, 'hex'))).toEqual(known.get(name))
      }
    }),
  )
})

test('ids of other lengths are those of foreign keys, which are searched when they are needed', () => {
  const known = new Map([
    ['00', Buffer.alloc(8, 1)],
    ['11'.repeat(20), Buffer.alloc(8, 2)],
    ['22'.repeat(24), Buffer.alloc(4, 3)],
  ])
  const table = new KeyTable(KeyTable.of(known).shared)
  expect(table.find(Buffer.from('00', 'hex'))).toBeUndefined()
  expect(table.find(Buffer.from('22'.repeat(24), 'hex'))).toBeUndefined()
  expect(table.find(Buffer.alloc(20, 0x11))).toEqual(Buffer.alloc(8, 2))
})

test('a handle that is given out can be changed without changing the table', () => {
  const name = '33'.repeat(20)
  const table = KeyTable.of(new Map([[name, Buffer.alloc(8, 9)]]))
  table.find(Buffer.from(name, 'hex'))?.fill(0)
  expect(table.find(Buffer.from(name, 'hex'))).toEqual(Buffer.alloc(8, 9))
})

test('what a session takes out stays out, though the shared memory still has it', () => {
  const first = new KnownHandles()
  const [gone, kept] = [hex(randomBytes(20)), hex(randomBytes(20))]
  first.set(gone, Buffer.alloc(8, 1))
  first.set(kept, Buffer.alloc(8, 2))
  const second = new KnownHandles(first.share())
  second.delete(gone)
  expect(second.get(gone)).toBeUndefined()
  expect(second.get(kept)).toEqual(Buffer.alloc(8, 2))
  second.set(gone, Buffer.alloc(8, 3))
  expect(second.get(gone)).toEqual(Buffer.alloc(8, 3))
  expect(first.get(gone)).toEqual(Buffer.alloc(8, 1))
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
