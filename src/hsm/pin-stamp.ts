import type { BigIntStats } from 'node:fs'

/** Tells one writing of a PIN file from another, in the service and in its agents alike. */
export function pinStamp({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`
}
