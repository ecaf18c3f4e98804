/*
 * node token-program.js MODULE initialise LABEL USER-PIN-FILE SO-PIN-FILE
 * node token-program.js MODULE list
 *
 * Runs as a child of token-process.js, with SOFTHSM2_CONF set. Messages name calls and codes, never a PIN.
 */
import { readFileSync } from 'node:fs'
import pkcs11js from 'pkcs11js'

const {
  PKCS11,
  CKF_OS_LOCKING_OK,
  CKF_RW_SESSION,
  CKF_SERIAL_SESSION,
  CKF_TOKEN_INITIALIZED,
  CKU_SO,
  CKU_USER,
} = pkcs11js

/** PKCS#11 v3.1 section 3.2: labels fill 32 bytes with blanks, and C_InitToken takes them so (section 5.5.7). */
const LABEL_BYTES = 32

const [modulePath, command, label, userPinFile, soPinFile] = process.argv.slice(2)
process.umask(0o077)
try {
  main()
} catch (error) {
  process.stderr.write(`${error.method ?? command}: ${error.message}\n`)
  process.exitCode = 1
}

function main() {
  const library = new PKCS11()
  library.load(modulePath)
  // SoftHSM 2.6.1 makes its locks only when asked to.
  library.C_Initialize({ flags: CKF_OS_LOCKING_OK })
  try {
    if (command === 'initialise') initialise(library)
    else process.stdout.write(JSON.stringify(labels(library)))
  } finally {
    library.C_Finalize()
  }
}

function labels(library) {
  return library
    .C_GetSlotList(true)
    .map((slot) => library.C_GetTokenInfo(slot))
    .filter(({ flags }) => (flags & CKF_TOKEN_INITIALIZED) !== 0)
    .map((token) => token.label.trimEnd())
}

function initialise(library) {
  const [userPin, soPin] = [readPin(userPinFile), readPin(soPinFile)]
  const blanks = LABEL_BYTES - Buffer.byteLength(label)
  const [slot] = library.C_GetSlotList(true)
  library.C_InitToken(slot, soPin, label + ' '.repeat(blanks))
  const session = library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
  library.C_Login(session, CKU_SO, soPin)
  library.C_InitPIN(session, userPin)
  library.C_Logout(session)
  library.C_Login(session, CKU_USER, userPin) // a token that does not know its PIN must not be moved into place
  library.C_CloseSession(session)
}

function readPin(path) {
  const pin = readFileSync(path, 'utf8').trimEnd()
  if (pin === '') throw new Error(`The PIN file ${path} is empty.`)
  return pin
}
