import { constants } from 'node:os'
import { ANY_MECHANISM, LAYOUT } from './layout.js'

/** What is done to a call. */
export type FaultAction =
  /** It takes longer; with a single rule, and together with every rule that was made after this one. */
  | { readonly delayMicroseconds: number }
  /** It does not return until the fault is removed, or never. */
  | { readonly hang: 'until-removed' | 'for-ever' }
  /** It returns this value, and the library is not called. */
  | { readonly returnValue: number }
  /** The library is called and did what was asked, but this value is returned: the answer was lost. */
  | { readonly returnValueAfter: number }
  /**
   * The library did it, but `run` bytes from each multiple of `stride` of the answer are `byte`: of C_GenerateRandom,
   * C_Sign, C_Encrypt, C_Decrypt and C_WrapKey. A later rule still applies.
   */
  | { readonly overwrite: { readonly byte: number; readonly run: number; readonly stride: number } }
  /** The process ends by this signal; SIGSEGV by a real access to address 0. */
  | { readonly kill: 'SIGKILL' | 'SIGSEGV' | 'SIGABRT' }

/** Which calls are hit. What is left out holds for all. */
export interface FaultMatch {
  /** Name of a function, or `*` for every one. */
  readonly function: string
  /** Mechanism of the call; of C_Sign and its like, that of the initialisation before it. */
  readonly mechanism?: number
  readonly pid?: number
  /** Only the process that makes the first fitting call. */
  readonly oneProcess?: boolean
  /** The first fitting call that is hit, counted from 1 over all processes; 1 unless told. */
  readonly from?: number
  /** How many calls are hit; without end unless told. */
  readonly count?: number
  /** Only every n-th fitting call is hit; each unless told. */
  readonly every?: number
}

const ACTIONS = {
  delay: 1,
  hang: 2,
  returnValue: 3,
  returnValueAfter: 4,
  kill: 5,
  overwrite: 6,
} as const
const ONE_PROCESS = 1
const FOR_EVER = 2

/** Writes a rule as the injector reads it; `functionIndex` is -1 for every function. */
export function encodeRule(
  match: FaultMatch,
  action: FaultAction,
  names: { readonly id: number; readonly functionIndex: number },
): Buffer {
  const rule = Buffer.alloc(LAYOUT.rules.size)
  const { code, value, forEver } = encodeAction(action)
  rule.writeUInt32LE(names.id, 0)
  rule.writeUInt32LE((match.oneProcess ? ONE_PROCESS : 0) | (forEver ? FOR_EVER : 0), 4)
  rule.writeInt32LE(names.functionIndex, 8)
  rule.writeUInt32LE(code, 12)
  rule.writeBigUInt64LE(BigInt(value), 16)
  rule.writeBigUInt64LE(BigInt(match.from ?? 1), 24)
  rule.writeBigUInt64LE(BigInt(match.count ?? 0), 32)
  rule.writeBigUInt64LE(BigInt(match.every ?? 1), 40)
  rule.writeBigUInt64LE(match.mechanism === undefined ? ANY_MECHANISM : BigInt(match.mechanism), 48)
  rule.writeUInt32LE(match.pid ?? 0, 56)
  return rule
}

/** Where the counters stand in a rule. */
export const RULE_FITTING = 64
/** Calls that the rule changed. */
export const RULE_HITS = 72

interface EncodedAction {
  readonly code: number
  readonly value: number
  readonly forEver: boolean
}

function encodeAction(action: FaultAction): EncodedAction {
  if ('delayMicroseconds' in action) return encoded(ACTIONS.delay, action.delayMicroseconds)
  if ('returnValue' in action) return encoded(ACTIONS.returnValue, action.returnValue)
  if ('returnValueAfter' in action) {
    return encoded(ACTIONS.returnValueAfter, action.returnValueAfter)
  }
  if ('overwrite' in action) {
    const { byte, run, stride } = action.overwrite
    return encoded(ACTIONS.overwrite, byte + run * 2 ** 8 + stride * 2 ** 24)
  }
  if ('kill' in action) return encoded(ACTIONS.kill, constants.signals[action.kill])
  return { ...encoded(ACTIONS.hang, 0), forEver: action.hang === 'for-ever' }
}

function encoded(code: number, value: number): EncodedAction {
  return { code, value, forEver: false }
}
