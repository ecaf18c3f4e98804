import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'

/** A port in front of a server, through which the server can be cut off. */
export interface TcpGate {
  readonly port: number
  /** Drops every connection, and every new one at once, as when the server is down. */
  shut(): void
  /** Passes nothing on any more, and says nothing of it, as when the network is cut. */
  mute(): void
  /** Lets new connections through. */
  open(): void
  close(): Promise<void>
}

/** Puts a gate in front of a port of 127.0.0.1. */
export async function openGate(serverPort: number): Promise<TcpGate> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'shut' | 'mute' = 'open'
  const gate = createServer((client) => {
    track(client, sockets)
    if (state === 'shut') client.destroy()
    if (state !== 'open') return
    const server = track(connect(serverPort, '127.0.0.1'), sockets)
    client.pipe(server).pipe(client)
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
  })
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  const address = gate.address()
  if (address === null || typeof address === 'string') throw new Error('The gate has no port.')
  const { port } = address
  function drop(): void {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    shut: () => {
      state = 'shut'
      drop()
    },
    mute: () => {
      state = 'mute'
      for (const socket of sockets) socket.unpipe().pause()
    },
    open: () => {
      state = 'open'
    },
    close: async () => {
      gate.close()
      drop()
      await once(gate, 'close')
    },
  }
}

function track(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  socket.on('error', () => socket.destroy())
  return socket
}
