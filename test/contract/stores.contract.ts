import { accessKeyStoreContract } from './access-key-store.contract.js'
import { accessPolicyStoreContract } from './access-policy-store.contract.js'
import { aliasStoreContract } from './alias-store.contract.js'
import { databaseContract } from './database-store.contract.js'
import { grantStoreContract } from './grant-store.contract.js'
import { homesContract } from './homes.contract.js'
import { identityStoreContract } from './identity-store.contract.js'
import { importPairStoreContract } from './import-pair-store.contract.js'
import { keySpaceStoreContract } from './key-space-store.contract.js'
import { keyStoreDueContract } from './key-store-due.contract.js'
import { keyStoreEndContract } from './key-store-end.contract.js'
import { keyStoreListContract } from './key-store-list.contract.js'
import { keyStoreModelContract } from './key-store-model.contract.js'
import { keyStoreVersionsContract } from './key-store-versions.contract.js'
import { keyStoreContract } from './key-store.contract.js'
import { keystoreStoreContract } from './keystore-store.contract.js'
import { migrationContract } from './migration.contract.js'
import { outlookStoreContract } from './outlook-store.contract.js'
import { serviceKeyStoreContract } from './service-key-store.contract.js'
import { storePlansContract } from './store-plans.contract.js'
import { tagQueryContract } from './tag-query.contract.js'
import { tagStoreContract } from './tag-store.contract.js'
import type { RawDatabaseKind } from './store-under-test.js'

/** What the stores in every database do. */
export function storeContracts(kind: RawDatabaseKind): void {
  keyStoreContract(kind)
  keyStoreListContract(kind)
  keyStoreVersionsContract(kind)
  keyStoreDueContract(kind)
  keyStoreEndContract(kind)
  keyStoreModelContract(kind)
  aliasStoreContract(kind)
  tagStoreContract(kind)
  tagQueryContract(kind)
  grantStoreContract(kind)
  keystoreStoreContract(kind)
  importPairStoreContract(kind)
  homesContract(kind)
  keySpaceStoreContract(kind)
  accessKeyStoreContract(kind)
  identityStoreContract(kind)
  accessPolicyStoreContract(kind)
  serviceKeyStoreContract(kind)
  outlookStoreContract(kind)
  databaseContract(kind)
  migrationContract(kind)
  storePlansContract(kind)
}
