/*
 * node nss-token-program.js MODULE LIBRARY-PARAMETERS LABEL PIN-FILE
 *
 * Sets the first PIN of a fresh NSS key store. A process of its own, since softokn keeps its store open for as long as
 * the library is loaded, and so that the PIN travels in a file.
 */
import { readFileSync } from 'node:fs'
import pkcs11js from 'pkcs11js'

const [modulePath = '', libraryParameters = '', label = '', pinFile = ''] = process.argv.slice(2)
const { CKF_OS_LOCKING_OK, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKU_SO, CKU_USER } = pkcs11js

const library = new pkcs11js.PKCS11()
library.load(modulePath)
library.C_Initialize({ flags: CKF_OS_LOCKING_OK, libraryParameters })
try {
  setFirstPin(readFileSync(pinFile, 'utf8'))
} finally {
  library.C_Finalize()
}

function setFirstPin(pin: string): void {
  const slot = library
    .C_GetSlotList(true)
    .find((candidate) => library.C_GetTokenInfo(candidate).label.trimEnd() === label)
  if (slot === undefined) throw new Error(`The NSS key store shows no token labelled ${label}.`)
  const session = library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
  // NSS 3.87: a store without a password takes the empty SO PIN, once.
  library.C_Login(session, CKU_SO, '')
  library.C_InitPIN(session, pin)
  library.C_Logout(session)
  library.C_Login(session, CKU_USER, pin)
  library.C_CloseSession(session)
}
