import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { INJECTOR_SOURCES } from './build.js'

/** Numbers and offsets of the control file: those of test/fault-injector/control.h. */
export const LAYOUT = {
  magic: 0x4b464931,
  headerSize: 64,
  rulesInUse: 16,
  processes: 20,
  rules: { offset: 64, size: 80, capacity: 64 },
  process: { offset: 8192, size: 576, capacity: 2048, calls: 32 },
} as const

/** Stands for every mechanism. */
export const ANY_MECHANISM = 0xffffffffffffffffn

/** The names of the functions in the order of their table, read from the injector's own list. */
export function functionNames(): readonly string[] {
  const text = readFileSync(join(INJECTOR_SOURCES, 'functions.h'), 'utf8')
  return [...text.matchAll(/^ {2}F\((C_\w+),/gm)].map(([, name]) => name ?? '')
}

/** The header of a control file without rules. */
export function emptyHeader(functionCount: number): Buffer {
  const header = Buffer.alloc(LAYOUT.headerSize)
  const { magic, rules, process } = LAYOUT
  for (const [index, value] of [magic, rules.size, process.size, functionCount].entries()) {
    header.writeUInt32LE(value, 4 * index)
  }
  return header
}
