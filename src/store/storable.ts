import { KmsError } from '../core/errors.js'

/**
 * Whether both databases can keep a text exactly: PostgreSQL has no NUL character, and a lone surrogate has no UTF-8
 * form. No row can hold any other text, so a search for one finds nothing.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/**
 * Refuses texts that would come back changed, or not at all.
 *
 * @throws KmsError KMS.0308
 */
export function requireStorable(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (isStorable(text)) continue
    throw new KmsError(
      'KMS.0308',
      `${name} must be valid Unicode text without the character U+0000.`,
    )
  }
}
