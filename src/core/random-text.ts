import { HsmError, type Randomness } from './hsm.js'

/** How often the generator is asked before it is held to be broken: the first draw is enough but for one in billions. */
const MAX_DRAWS = 16

/**
 * Draws text from the token's generator, in ASCII, every character of the alphabet equally likely. The caller zeroes it
 * where it is secret.
 *
 * @throws HsmError `fault` when the generator is stuck
 */
export async function drawCharacters(
  random: Randomness,
  request: { readonly alphabet: string; readonly count: number },
): Promise<Uint8Array> {
  const { alphabet, count } = request
  // Bytes beyond the last multiple of the alphabet's size are thrown away: they would favour its first characters.
  const limit = 256 - (256 % alphabet.length)
  const characters = new Uint8Array(count)
  let filled = 0
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const bytes = await random.random(2 * count)
    for (const byte of bytes) {
      if (filled < count && byte < limit) {
        characters[filled++] = alphabet.charCodeAt(byte % alphabet.length)
      }
    }
    bytes.fill(0)
    if (filled === count) return characters
  }
  characters.fill(0)
  throw new HsmError('fault', "The token's random bytes are not random: one value fills them.")
}
