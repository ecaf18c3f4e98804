import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Profile, loadProfile } from '../../../src/hsm/profile.js'
import { parseTokenUri } from '../../../src/hsm/uri.js'
import type { TestToken } from '../test-token.js'
import { builtInjector } from './build.js'
import {
  type FaultAction,
  type FaultMatch,
  RULE_FITTING,
  RULE_HITS,
  encodeRule,
} from './fault-rule.js'
import { LAYOUT, emptyHeader, functionNames } from './layout.js'

/** What one process that loaded the injector did so far. */
export interface InjectedProcess {
  readonly pid: number
  readonly openSessions: number
  /** Uses of a session handle whose session had ended. */
  readonly staleSessions: number
  /** Uses of an object handle that was handed out before the last C_Initialize, C_Login or their opposites. */
  readonly staleObjects: number
  /** The function that used a stale handle last. */
  readonly lastStale: string | undefined
  /** How often each function was called; functions that were not are left out. */
  readonly calls: Readonly<Record<string, number>>
}

/** A fault that is in force until it is removed. */
export interface InjectedFault {
  /** Calls that it changed so far. */
  hits(this: void): number
  /** Calls that it fitted so far, whether it changed them or not. */
  fitting(this: void): number
  /** Ends it; what hangs by it goes on, unless it hangs for ever. */
  remove(this: void): void
}

interface Counted {
  readonly hits: number
  readonly fitting: number
}

/**
 * The control of the fault injector: rules for every process that loads the library through {@link FaultInjector.token}
 * or with {@link FaultInjector.environment}, in force from one call to the next.
 */
export class FaultInjector {
  readonly #folder: string
  readonly #file: number
  readonly #names = functionNames()
  /** Which rule is in which slot. */
  readonly #rules = new Map<number, number>()
  /** What the rules that are gone had counted. */
  readonly #last = new Map<number, Counted>()
  #ids = 0
  #closed = false
  /** Path of the injector's library, to be named as the module of a token. */
  readonly module: string
  /** Variables that every process with the injector needs. */
  readonly environment: Readonly<Record<string, string>>

  /** `module`: path of the PKCS#11 library that calls are forwarded to. */
  constructor(module: string) {
    this.module = builtInjector()
    this.#folder = mkdtempSync(join(tmpdir(), 'kms-faults-'))
    const control = join(this.#folder, 'control')
    this.#file = openSync(control, 'w+', 0o600)
    const { offset, size, capacity } = LAYOUT.process
    ftruncateSync(this.#file, offset + size * capacity)
    writeSync(this.#file, emptyHeader(this.#names.length), 0, LAYOUT.headerSize, 0)
    this.environment = { FAULT_INJECTOR_MODULE: module, FAULT_INJECTOR_CONTROL: control }
  }

  /**
   * A token behind the injector: the same one, with a profile that lets the injector's variables through, and states
   * what `facts` do instead of its own.
   */
  static around(
    token: TestToken,
    facts: Partial<Profile> = {},
  ): { readonly token: TestToken; readonly faults: FaultInjector } {
    const faults = new FaultInjector(parseTokenUri(token.uri).modulePath)
    return { token: faults.#wrap(token, facts), faults }
  }

  /** Puts a fault in force. @throws Error where there is no such function, or too many faults */
  inject(match: FaultMatch, action: FaultAction): InjectedFault {
    const functionIndex = match.function === '*' ? -1 : this.#index(match.function)
    const slot = this.#freeSlot()
    const id = ++this.#ids
    this.#rules.set(slot, id)
    const at = LAYOUT.rules.offset + slot * LAYOUT.rules.size
    const rule = encodeRule(match, action, { id, functionIndex })
    // The id makes the rule valid, so it is written when the rest is there.
    writeSync(this.#file, rule, 4, rule.length - 4, at + 4)
    writeSync(this.#file, rule, 0, 4, at)
    this.#publish()
    return {
      hits: () => this.#counted(slot, id).hits,
      fitting: () => this.#counted(slot, id).fitting,
      remove: () => this.#remove(slot, id),
    }
  }

  /** Ends every fault. */
  clear(): void {
    for (const [slot, id] of [...this.#rules]) this.#remove(slot, id)
  }

  /** What every process did that loaded the injector, also those that have ended, oldest first. */
  processes(): readonly InjectedProcess[] {
    const count = Math.min(this.#number32(LAYOUT.processes), LAYOUT.process.capacity)
    return Array.from({ length: count }, (_, index) => this.#process(index))
  }

  /** How often a function was called by all processes together. */
  calls(name: string): number {
    this.#index(name)
    return this.processes().reduce((sum, { calls }) => sum + (calls[name] ?? 0), 0)
  }

  /** How many uses of stale handles there were, of sessions and of objects. */
  staleUses(): number {
    return this.processes().reduce((sum, one) => sum + one.staleSessions + one.staleObjects, 0)
  }

  /** Ends every fault and deletes the control file; processes that still have it go on without faults. May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.clear()
    closeSync(this.#file)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #wrap(token: TestToken, facts: Partial<Profile>): TestToken {
    const profile = { ...loadProfile(token.profile), ...facts }
    const path = join(this.#folder, 'profile.json')
    const names = Object.keys(this.environment)
    const open = { ...profile, environment: [...profile.environment, ...names] }
    writeFileSync(path, JSON.stringify(open), { mode: 0o600 })
    const own = `module-path=${encodeURIComponent(this.module)}`
    return {
      profile: path,
      uri: token.uri.replace(/module-path=[^&]*/, own),
      environment: { ...token.environment, ...this.environment },
      remove: async () => {
        this.close()
        await token.remove()
      },
    }
  }

  #index(name: string): number {
    const index = this.#names.indexOf(name)
    if (index < 0) throw new Error(`PKCS#11 2.40 has no function ${name}.`)
    return index
  }

  #freeSlot(): number {
    for (let slot = 0; slot < LAYOUT.rules.capacity; slot++) {
      if (!this.#rules.has(slot)) return slot
    }
    throw new Error('Too many faults at once.')
  }

  #remove(slot: number, id: number): void {
    if (this.#rules.get(slot) !== id) return
    this.#last.set(id, this.#counted(slot, id))
    writeSync(this.#file, Buffer.alloc(4), 0, 4, LAYOUT.rules.offset + slot * LAYOUT.rules.size)
    this.#rules.delete(slot)
    this.#publish()
  }

  #counted(slot: number, id: number): Counted {
    const last = this.#last.get(id)
    if (last) return last
    const at = LAYOUT.rules.offset + slot * LAYOUT.rules.size
    return { hits: this.#number64(at + RULE_HITS), fitting: this.#number64(at + RULE_FITTING) }
  }

  #publish(): void {
    const inUse = Buffer.alloc(4)
    inUse.writeUInt32LE(Math.max(0, ...[...this.#rules.keys()].map((slot) => slot + 1)))
    writeSync(this.#file, inUse, 0, 4, LAYOUT.rulesInUse)
  }

  #process(index: number): InjectedProcess {
    const { offset, size, calls } = LAYOUT.process
    const record = this.#read(offset + index * size, size)
    const counted = this.#names
      .map((name, at) => [name, Number(record.readBigUInt64LE(calls + 8 * at))] as const)
      .filter(([, count]) => count > 0)
    return {
      pid: record.readUInt32LE(0),
      openSessions: record.readUInt32LE(4),
      staleSessions: Number(record.readBigUInt64LE(8)),
      staleObjects: Number(record.readBigUInt64LE(16)),
      lastStale: this.#names[Number(record.readBigUInt64LE(24)) - 1],
      calls: Object.fromEntries(counted),
    }
  }

  #number32(at: number): number {
    return this.#read(at, 4).readUInt32LE(0)
  }

  #number64(at: number): number {
    return Number(this.#read(at, 8).readBigUInt64LE(0))
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    readSync(this.#file, bytes, 0, length, at)
    return bytes
  }
}
