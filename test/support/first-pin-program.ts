/*
 * node first-pin-program.js MODULE LABEL SO-PIN-FILE USER-PIN-FILE
 *
 * Initialises the first slot of a library and sets the user PIN. A process of its own, since the library reads its
 * settings from the real environment, and so that PINs travel in files.
 */
import { readFileSync } from 'node:fs'
import pkcs11js from 'pkcs11js'

const [modulePath = '', label = '', soPinFile = '', userPinFile = ''] = process.argv.slice(2)
const { CKF_OS_LOCKING_OK, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKU_SO, CKU_USER } = pkcs11js
const [soPin, userPin] = [soPinFile, userPinFile].map((file) => readFileSync(file, 'utf8'))

const library = new pkcs11js.PKCS11()
library.load(modulePath)
library.C_Initialize({ flags: CKF_OS_LOCKING_OK })
try {
  const [slot] = library.C_GetSlotList(false)
  if (slot === undefined || soPin === undefined) throw new Error('The library shows no slot.')
  // pkcs11js 2.1.7 passes the label as it is; the field has 32 bytes.
  library.C_InitToken(slot, soPin, label.padEnd(32))
  const session = library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
  library.C_Login(session, CKU_SO, soPin)
  library.C_InitPIN(session, userPin)
  library.C_Logout(session)
  library.C_Login(session, CKU_USER, userPin)
  library.C_CloseSession(session)
} finally {
  library.C_Finalize()
}
