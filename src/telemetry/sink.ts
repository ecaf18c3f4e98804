import { fstatSync, write } from 'node:fs'
import { Socket } from 'node:net'

/**
 * Takes a block of bytes, and tells when it may be given the next one: how many bytes are written, or an error.
 *
 * One block is under way at a time.
 */
export type Sink = (
  block: Uint8Array,
  done: (error: NodeJS.ErrnoException | null | undefined, written: number) => void,
) => void

/** Opens a file descriptor for writing beside the event loop. */
export function openSink(fd: number): Sink {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket() ? pipeSink(fd) : fileSink(fd)
}

/**
 * A pipe whose reader has stopped blocks whoever writes to it, and a thread that is blocked keeps a process from
 * ending: so it is written to by the event loop, without blocking.
 */
function pipeSink(fd: number): Sink {
  const socket = new Socket({ fd, readable: false, writable: true })
  // A reader that went away costs log lines, not the service; the callback of the write tells as well.
  socket.on('error', () => undefined)
  socket.unref()
  return (block, done) => socket.write(block, (error) => done(error, block.length))
}

function fileSink(fd: number): Sink {
  return (block, done) => write(fd, block, done)
}
