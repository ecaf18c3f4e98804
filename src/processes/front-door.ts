import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'

/** An HTTP process, as far as it takes connections. */
export interface Taker {
  /** Sends it a connection, of which this process keeps a copy until it is taken. */
  send(connection: number, socket: Socket): void
}

/** So many connections may wait for a process that takes them; more are closed at once. */
const MOST_WAITING = 1024
/** How long a connection waits for one, in milliseconds. */
const PATIENCE_MS = 5_000
const LOOK_MS = 500

interface Arrival {
  readonly socket: Socket
  readonly since: number
}

/**
 * Accepts the connections of a machine and hands each to the process that is free first.
 *
 * Written here because `node:cluster` forgets a connection on its way to a process that dies: its client would wait for
 * ever. Here a copy of it is kept until the process says that it has it, and is closed if the process ends before that.
 */
export class FrontDoor {
  readonly #server: Server
  readonly #waiting: Arrival[] = []
  readonly #admitted = new Set<Taker>()
  /** Those that are not busy with a connection they were sent, the one that has been idle for the longest first. */
  readonly #free = new Set<Taker>()
  readonly #onTheWay = new Map<Taker, { readonly connection: number; readonly arrival: Arrival }>()
  readonly #lookout: NodeJS.Timeout
  #next = 1
  #opened: Promise<AddressInfo> | undefined

  constructor() {
    // Bytes are not for this process to read.
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#arrive(socket))
    this.#server.maxConnections = MOST_WAITING
    this.#lookout = setInterval(() => this.#dropLate(), LOOK_MS).unref()
  }

  /** Listens, once for all. @throws Error of the system */
  open(host: string, port: number): Promise<AddressInfo> {
    return (this.#opened ??= this.#listen(host, port))
  }

  /** Connections go to a process from now on. */
  admit(taker: Taker): void {
    this.#admitted.add(taker)
    this.#goOn(taker)
  }

  /** A process has the connection that it was sent, and may have another. */
  took(taker: Taker, connection: number): void {
    const sent = this.#sent(taker, connection)
    if (!sent) return
    // Closes the copy of this process alone: the connection lives on in the other.
    sent.socket.destroy()
    this.#goOn(taker)
  }

  /** A process does not want the connection that it was sent: somebody else may have it. */
  gaveBack(taker: Taker, connection: number): void {
    const sent = this.#sent(taker, connection)
    if (!sent) return
    this.#waiting.unshift(sent)
    this.#goOn(taker)
  }

  /** A process gets no more connections. */
  dismiss(taker: Taker): void {
    this.#admitted.delete(taker)
    this.#free.delete(taker)
    if (this.#isDeserted()) this.#drop(this.#waiting.length)
  }

  /** A process has ended: what was on the way to it may have been read by it, and is closed. */
  ended(taker: Taker): void {
    this.#onTheWay.get(taker)?.arrival.socket.destroy()
    this.#onTheWay.delete(taker)
    this.dismiss(taker)
  }

  /** Accepts nothing any more. */
  close(): void {
    clearInterval(this.#lookout)
    this.#server.close()
    this.#drop(this.#waiting.length)
  }

  async #listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        // A connection that cannot be accepted is lost, and nothing else.
        this.#server.on('error', () => undefined)
        resolve()
      })
    })
    // What listens on a port has such an address.
    return this.#server.address() as AddressInfo
  }

  #arrive(socket: Socket): void {
    socket.on('error', () => undefined)
    if (this.#isDeserted()) {
      // Nobody would come for it soon: whoever called had better try another replica.
      socket.destroy()
      return
    }
    this.#waiting.push({ socket, since: performance.now() })
    this.#pump()
  }

  #isDeserted(): boolean {
    return this.#admitted.size === 0
  }

  #goOn(taker: Taker): void {
    if (this.#admitted.has(taker) && !this.#onTheWay.has(taker)) this.#free.add(taker)
    this.#pump()
  }

  #pump(): void {
    for (const taker of this.#free) {
      const arrival = this.#waiting.shift()
      if (!arrival) return
      this.#free.delete(taker)
      const connection = this.#next++
      this.#onTheWay.set(taker, { connection, arrival })
      taker.send(connection, arrival.socket)
    }
  }

  #sent(taker: Taker, connection: number): Arrival | undefined {
    const sent = this.#onTheWay.get(taker)
    if (sent?.connection !== connection) return undefined
    this.#onTheWay.delete(taker)
    return sent.arrival
  }

  #dropLate(): void {
    const before = performance.now() - PATIENCE_MS
    const late = this.#waiting.findLastIndex(({ since }) => since < before) + 1
    this.#drop(late)
  }

  #drop(count: number): void {
    for (const { socket } of this.#waiting.splice(0, count)) socket.destroy()
  }
}
