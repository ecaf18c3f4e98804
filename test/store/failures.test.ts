import { describe, expect, test } from '@jest/globals'
import { KmsError } from '../../src/core/errors.js'
import { StaleRevision, StoreUnavailable } from '../../src/core/key-store.js'
import { guarded, isConnectionLost, isUniqueViolation } from '../../src/store/failures.js'
import { everythingTold } from '../contract/store-errors.js'

/** What becomes of an error that is thrown while the database works. */
async function outcomeOf(error: Error): Promise<unknown> {
  return guarded(() => Promise.reject(error)).catch((failure: unknown) => failure)
}

function failing(fields: Readonly<Record<string, string>>): Error {
  return Object.assign(new Error('duplicate (a-value)'), fields)
}

describe('an error of the database', () => {
  test.each([
    ...['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY', 'SQLITE_FULL', 'SQLITE_READONLY_DBMOVED'],
    ...['SQLITE_IOERR_FSYNC', 'SQLITE_CANTOPEN', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'],
  ])('%s means that the store is unavailable', async (code) => {
    const error = failing({ name: 'SqliteError', code })
    const outcome = await outcomeOf(error)
    expect(outcome).toBeInstanceOf(StoreUnavailable)
    expect(outcome).toMatchObject({ cause: error, message: expect.stringContaining(code) })
  })

  test.each([
    ...['08006', '25006', '25P03', '28P01', '3D000', '40P01', '40001', '53100', '53300'],
    ...['55P03', '57014', '57P01', '57P03', '58030'],
  ])('SQLSTATE %s means that the store is unavailable', async (code) => {
    const error = failing({ severity: 'ERROR', code, detail: 'a-value', where: 'a-value' })
    const outcome = await outcomeOf(error)
    expect(outcome).toBeInstanceOf(StoreUnavailable)
    expect(outcome).toMatchObject({ cause: { code } })
    expect(error).not.toHaveProperty('detail')
    expect(error).not.toHaveProperty('where')
  })

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EROFS', 'DEPTH_ZERO_SELF_SIGNED_CERT'])(
    '%s means that the store is unavailable',
    async (code) => {
      expect(await outcomeOf(failing({ code }))).toBeInstanceOf(StoreUnavailable)
    },
  )

  test('without a code comes from a driver that lost its connection', async () => {
    expect(await outcomeOf(new Error('Connection terminated'))).toBeInstanceOf(StoreUnavailable)
  })

  test.each([
    { name: 'SqliteError', code: 'SQLITE_CONSTRAINT_PRIMARYKEY' },
    { name: 'SqliteError', code: 'SQLITE_ERROR' },
    { severity: 'ERROR', code: '23505', detail: 'Key (id)=(a-value) already exists.' },
    { severity: 'ERROR', code: '42601', internalQuery: 'select a-value' },
    { severity: 'ERROR', code: '22P02' },
  ])('that refuses a statement is told by its code alone: $code', async (fields) => {
    const outcome = await outcomeOf(failing(fields))
    expect(outcome).toBeInstanceOf(Error)
    expect(outcome).not.toBeInstanceOf(StoreUnavailable)
    expect(outcome).toMatchObject({ message: expect.stringContaining(fields.code) })
    expect(everythingTold(outcome)).not.toContain('a-value')
  })

  test('that is a refusal of our own, or a mistake in the program, passes as it is', async () => {
    const errors = [
      new KmsError('KMS.1104'),
      new StaleRevision('stale'),
      new StoreUnavailable('gone'),
      new TypeError('x is not a function'),
    ]
    for (const error of errors) expect(await outcomeOf(error)).toBe(error)
  })

  test('tells whether a unique value was there already', () => {
    expect(isUniqueViolation(failing({ code: '23505' }))).toBe(true)
    expect(isUniqueViolation(failing({ code: 'SQLITE_CONSTRAINT_UNIQUE' }))).toBe(true)
    expect(isUniqueViolation(failing({ code: '23503' }))).toBe(false)
    expect(isUniqueViolation(undefined)).toBe(false)
  })

  test('tells whether the connection survived it', () => {
    expect(isConnectionLost(failing({ severity: 'ERROR', code: '57014' }))).toBe(false)
    expect(isConnectionLost(failing({ severity: 'FATAL', code: '57P01' }))).toBe(true)
    expect(isConnectionLost(new Error('Query read timeout'))).toBe(true)
  })
})
