import { type Socket, connect } from 'node:net'

/** Opens a bare connection to a server. */
export function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Writes bytes on a bare connection and returns everything that comes back until the server closes it. */
export async function talk(url: string, ...pieces: readonly (string | Uint8Array)[]) {
  const socket = await open(url)
  const answer = readAll(socket)
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return answer
}

/** Everything that comes on a connection until it is closed. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that closes while bytes are still under way resets the connection: what came before counts.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}
