/** The number of a mechanism that a profile writes as text. */
export function mechanismNumber(text: string): number {
  return Number.parseInt(text, 16)
}
