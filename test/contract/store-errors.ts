/** Name, message, stack and every other property of an error and of what caused it. */
export function everythingTold(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  return Object.getOwnPropertyNames(error)
    .map((name) => `${name}: ${everythingTold(Reflect.get(error, name))}`)
    .join('\n')
}
