import { readSync, writeSync } from 'node:fs'
import { LENGTH_BYTES } from '../message-form.js'
import { decodeMessage } from '../message-reader.js'
import { MessageWriter } from '../message-writer.js'
import type { AgentStart, CommandRequest, FromAgent } from '../protocol.js'
import { SharedLock } from './shared-lock.js'

/** The agent's end of the socket pair. */
const LINE_FD = 3
const FIRST_SPACE = 16 * 1024

/** Memory that the threads of an agent share for the line. */
export interface SharedLine {
  readonly reading: SharedArrayBuffer
  readonly writing: SharedArrayBuffer
  readonly atWork: SharedArrayBuffer
}

/**
 * The agent's end of the channel, for threads that block: one of those that are idle waits in the system for the next
 * message, the others for their turn to wait. So a message goes from the socket to the thread that works on it, and no
 * event loop is in between.
 */
export class ServiceLine {
  readonly #reading: SharedLock
  readonly #writing: SharedLock
  readonly #atWork: Int32Array
  readonly #writer = new MessageWriter()
  readonly #head = Buffer.alloc(LENGTH_BYTES)
  #space = Buffer.alloc(FIRST_SPACE)

  constructor(shared: SharedLine) {
    this.#reading = new SharedLock(shared.reading)
    this.#writing = new SharedLock(shared.writing)
    this.#atWork = new Int32Array(shared.atWork)
  }

  /** What is given to each thread of a process. */
  static shared(): SharedLine {
    return { reading: word(), writing: word(), atWork: word() }
  }

  /** Whether a thread works on a message. */
  get isBusy(): boolean {
    return Atomics.load(this.#atWork, 0) > 0
  }

  /** Waits for the first message. @returns nothing where the service is gone */
  start(): AgentStart | undefined {
    const length = this.#reading.with(() => this.#receive())
    if (length === undefined) return undefined
    // Both ends of the channel are of one build.
    return decodeMessage(this.#space.subarray(0, length)) as AgentStart
  }

  /**
   * Works on requests, message by message, until the service is gone or the work cannot go on. The bytes of a message are
   * zeroed after it: they may hold clear DEKs.
   */
  serve(work: (requests: readonly CommandRequest[]) => boolean): 'gone' | 'sick' {
    for (;;) {
      const length = this.#reading.with(() => this.#begin())
      if (length === undefined) return 'gone'
      if (!this.#workOn(length, work)) return 'sick'
    }
  }

  /** Sends a message; when it returns the system has it all. */
  send(message: FromAgent): void {
    this.#writer.lend(message, (bytes) => {
      // Whole messages, whatever the other threads send.
      this.#writing.with(() => writeAll(bytes))
    })
  }

  /** A thread that reads the end of the stream has to see who is still at work: so this comes before another one reads. */
  #begin(): number | undefined {
    const length = this.#receive()
    if (length !== undefined) Atomics.add(this.#atWork, 0, 1)
    return length
  }

  #workOn(length: number, work: (requests: readonly CommandRequest[]) => boolean): boolean {
    const message = this.#space.subarray(0, length)
    try {
      return work(decodeMessage(message) as readonly CommandRequest[])
    } finally {
      message.fill(0)
      Atomics.sub(this.#atWork, 0, 1)
    }
  }

  /** Reads a message to the start of the space. @returns its length in bytes, or nothing at the end of the stream */
  #receive(): number | undefined {
    if (!readAll(this.#head, LENGTH_BYTES)) return undefined
    const length = this.#head.readUInt32LE(0)
    if (length > this.#space.length) this.#space = Buffer.alloc(length)
    return readAll(this.#space, length) ? length : undefined
  }
}

function word(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** @returns false where the stream ends first */
function readAll(space: Buffer, length: number): boolean {
  for (let at = 0; at < length;) {
    const read = transfer(() => readSync(LINE_FD, space, at, length - at, null))
    if (read === 0) return false
    at += read
  }
  return true
}

function writeAll(bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const written = transfer(() => writeSync(LINE_FD, bytes, at))
    // Nobody is there to read the rest.
    if (written === 0) return
    at += written
  }
}

/** @returns the bytes that went; none where the service is gone */
function transfer(move: () => number): number {
  for (;;) {
    try {
      return move()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // A signal may end a call that waits before it has moved a byte.
      if (code === 'EINTR') continue
      if (code === 'ECONNRESET' || code === 'EPIPE') return 0
      throw error
    }
  }
}
