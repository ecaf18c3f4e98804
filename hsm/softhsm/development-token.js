import { join, resolve } from 'node:path'
import { findModule } from './find-module.js'
import { SoftHsmError } from './softhsm-error.js'

/** PKCS#11 v3.1 section 3.2: CK_TOKEN_INFO.label has 32 bytes. */
const LABEL_BYTES = 32

/**
 * Describes the development token of a folder without touching anything: its address, the environment that its
 * processes need, and its files.
 */
export function developmentToken(directory, label = 'kms') {
  const folder = requireFolder(directory)
  requireLabel(label)
  const configuration = join(folder, 'softhsm2.conf')
  const userPin = join(folder, 'user-pin')
  const module = encodeAttribute(findModule())
  return {
    uri: `pkcs11:token=${encodeURIComponent(label)}?module-path=${module}&pin-source=file:${encodeAttribute(userPin)}`,
    environment: { SOFTHSM2_CONF: configuration },
    directory: folder,
    label,
    files: {
      configuration,
      userPin,
      soPin: join(folder, 'so-pin'),
      tokens: join(folder, 'tokens'),
    },
  }
}

/** RFC 7512 section 2.3 (pk11-qchar): the slash and the colon stand for themselves in a query attribute. */
function encodeAttribute(text) {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':')
}

function requireFolder(directory) {
  const folder = resolve(directory)
  // SoftHSM 2.6.1 cuts lines of its configuration at "#", splits them at "=" and reads at most 1023 bytes of them.
  if (/[#=\r\n]|\s$/.test(folder) || Buffer.byteLength(folder) > 900) {
    throw new SoftHsmError(
      'The path of the token folder must have at most 900 bytes and no "#", "=", line break or trailing blank, because ' +
        "SoftHSM's configuration file cannot express them.",
    )
  }
  return folder
}

function requireLabel(label) {
  const bytes = Buffer.byteLength(label)
  if (bytes === 0 || bytes > LABEL_BYTES || label !== label.trim() || label.includes('\0')) {
    throw new SoftHsmError(
      `A token label must have 1 to ${LABEL_BYTES} bytes and neither begin nor end with a blank.`,
    )
  }
}
