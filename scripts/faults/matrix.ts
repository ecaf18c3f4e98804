import type { FaultAction, FaultMatch } from '../../test/support/fault-injector/fault-rule.js'
import type { CallName } from './workload.js'

/** A row: a function of PKCS#11, and the calls of the API that reach it. */
export interface Row {
  readonly title: string
  readonly match: Pick<FaultMatch, 'function' | 'mechanism'>
  readonly calls: readonly CallName[]
  /** The function is called when an agent starts: agents are killed to get there. */
  readonly atStart?: boolean
  /** A fresh key is used at once and on every agent, so that one of them has to search it. */
  readonly freshKeys?: boolean
}

/** A column: what goes wrong. */
export interface Column {
  readonly title: string
  /** Once, and without end until it is removed. */
  readonly once: FaultAction
  readonly lasting: FaultAction
  /** Milliseconds from the end of the fault to the first moment from which on every call succeeds. */
  readonly wholeWithinMs: number
  /** Nothing is known of a hung call before its deadline: it is answered 503. */
  readonly hangs?: boolean
}

/** A cell of the matrix. */
export interface Cell {
  readonly row: Row
  readonly column: Column
}

const SHA256_HMAC = 0x251
const ECDSA = 0x1041

/** A session or a request is repaired at once; a library needs a new process or a new C_Initialize. */
const SESSION_MS = 1000
const LIBRARY_MS = 5000

/** The functions. */
export const ROWS: readonly Row[] = [
  { title: 'C_WrapKey', match: { function: 'C_WrapKey' }, calls: ['encrypt'] },
  { title: 'C_UnwrapKey', match: { function: 'C_UnwrapKey' }, calls: ['decrypt'] },
  {
    title: 'C_SignInit (MAC)',
    match: { function: 'C_SignInit', mechanism: SHA256_HMAC },
    calls: ['mac', 'encrypt'],
  },
  {
    title: 'C_Sign (MAC)',
    match: { function: 'C_Sign', mechanism: SHA256_HMAC },
    calls: ['mac', 'encrypt'],
  },
  {
    title: 'C_SignInit (signature)',
    match: { function: 'C_SignInit', mechanism: ECDSA },
    calls: ['sign'],
  },
  {
    title: 'C_Sign (signature)',
    match: { function: 'C_Sign', mechanism: ECDSA },
    calls: ['sign'],
  },
  {
    title: 'C_GenerateKey',
    match: { function: 'C_GenerateKey' },
    calls: ['datakey', 'createKey'],
  },
  {
    title: 'C_GenerateKeyPair',
    match: { function: 'C_GenerateKeyPair' },
    calls: ['pair', 'createPair'],
  },
  ...['C_FindObjectsInit', 'C_FindObjects', 'C_FindObjectsFinal'].map((name) => ({
    title: name,
    match: { function: name },
    calls: ['createKey'] as const,
    freshKeys: true,
  })),
  { title: 'C_CreateObject', match: { function: 'C_CreateObject' }, calls: ['encrypt'] },
  { title: 'C_DestroyObject', match: { function: 'C_DestroyObject' }, calls: ['encrypt'] },
  { title: 'C_GetAttributeValue', match: { function: 'C_GetAttributeValue' }, calls: ['decrypt'] },
  { title: 'C_GenerateRandom', match: { function: 'C_GenerateRandom' }, calls: ['random'] },
  ...['C_Initialize', 'C_OpenSession', 'C_Login'].map((name) => ({
    title: name,
    match: { function: name },
    calls: ['encrypt', 'decrypt'] as const,
    atStart: true,
  })),
]

/** The faults. */
export const COLUMNS: readonly Column[] = [
  returned('SESSION_HANDLE_INVALID', 0xb3, SESSION_MS),
  returned('SESSION_CLOSED', 0xb0, SESSION_MS),
  returned('USER_NOT_LOGGED_IN', 0x101, SESSION_MS),
  returned('OBJECT_HANDLE_INVALID', 0x82, SESSION_MS),
  returned('KEY_HANDLE_INVALID', 0x60, SESSION_MS),
  returned('SESSION_COUNT', 0xb1, SESSION_MS),
  returned('DEVICE_ERROR', 0x30, LIBRARY_MS),
  returned('DEVICE_REMOVED', 0x32, LIBRARY_MS),
  returned('DEVICE_MEMORY', 0x31, LIBRARY_MS),
  returned('TOKEN_NOT_PRESENT', 0xe0, LIBRARY_MS),
  returned('TOKEN_NOT_RECOGNIZED', 0xe1, LIBRARY_MS),
  returned('GENERAL_ERROR', 0x05, LIBRARY_MS),
  returned('FUNCTION_FAILED', 0x06, LIBRARY_MS),
  returned('HOST_MEMORY', 0x02, LIBRARY_MS),
  returned('CRYPTOKI_NOT_INITIALIZED', 0x190, LIBRARY_MS),
  returned('PIN_INCORRECT', 0xa0, LIBRARY_MS),
  returned('PIN_LOCKED', 0xa4, LIBRARY_MS),
  {
    title: 'answer lost',
    once: { returnValueAfter: 0x30 },
    lasting: { returnValueAfter: 0x30 },
    wholeWithinMs: LIBRARY_MS,
  },
  {
    title: 'hang',
    once: { hang: 'for-ever' },
    lasting: { hang: 'until-removed' },
    wholeWithinMs: LIBRARY_MS,
    hangs: true,
  },
  {
    title: 'segmentation fault',
    once: { kill: 'SIGSEGV' },
    lasting: { kill: 'SIGSEGV' },
    wholeWithinMs: LIBRARY_MS,
  },
]

/** Whether the token refuses the PIN in this cell: it must not be tried again then. */
export function refusesPin({ row, column }: Cell): boolean {
  return row.title === 'C_Login' && column.title.startsWith('CKR_PIN_')
}

/** Every cell, row by row. */
export function allCells(): readonly Cell[] {
  return ROWS.flatMap((row) => COLUMNS.map((column) => ({ row, column })))
}

/**
 * As few cells as have every row and every column in them, and the refused PIN: for runs that must be short.
 */
export function fewCells(): readonly Cell[] {
  const most = Math.max(ROWS.length, COLUMNS.length)
  const diagonal = Array.from({ length: most }, (_, index) => ({
    row: ROWS[index % ROWS.length],
    column: COLUMNS[index % COLUMNS.length],
  }))
  return [...diagonal, { row: rowOf('C_Login'), column: columnOf('CKR_PIN_INCORRECT') }].flatMap(
    ({ row, column }) => (row && column ? [{ row, column }] : []),
  )
}

function rowOf(title: string): Row | undefined {
  return ROWS.find((row) => row.title === title)
}

function columnOf(title: string): Column | undefined {
  return COLUMNS.find((column) => column.title === title)
}

function returned(name: string, returnValue: number, wholeWithinMs: number): Column {
  const action = { returnValue }
  return { title: `CKR_${name}`, once: action, lasting: action, wholeWithinMs }
}
