import { isIPv6 } from 'node:net'

/**
 * The part of an address that one client is taken to have: all of IPv4, the first 64 bits of IPv6 (RFC 6177), of which
 * anybody has 2^64 addresses. An IPv4 address that is written as one of IPv6 is itself (RFC 4291 section 2.5.5.2).
 */
export function addressGroup(address: string): string {
  // Nearly all addresses are of IPv4, and the expressions below cost more than all the rest of a limit.
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const all = [...left, ...Array<string>(zeros).fill('0'), ...right]
  return `${all.slice(0, 4).join(':')}::/64`
}

function groupsOf(text: string): readonly string[] {
  if (text === '') return []
  // An embedded IPv4 address stands for two groups; it is never among the first four.
  return text.split(':').flatMap((group) => (group.includes('.') ? ['v', '4'] : shorten(group)))
}

function shorten(group: string): string {
  return group.replace(/^0+(?=.)/, '')
}
