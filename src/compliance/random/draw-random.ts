import type { Randomness } from '../../core/hsm.js'
import { type Answer, answerOf } from '../seen.js'

const DRAW_BYTES = 4096
const DRAWS = 32

/** Draws 128 KiB from the generator of the token, in draws as they are made for keys and data. */
export async function drawRandom(hsm: Randomness): Promise<Answer<Uint8Array>> {
  return await answerOf(draw(hsm))
}

async function draw(hsm: Randomness): Promise<Uint8Array> {
  const bytes = new Uint8Array(DRAWS * DRAW_BYTES)
  for (let index = 0; index < DRAWS; index++) {
    const drawn = await hsm.random(DRAW_BYTES)
    // What is missing stays zero, and fails.
    bytes.set(drawn.subarray(0, DRAW_BYTES), index * DRAW_BYTES)
  }
  return bytes
}
