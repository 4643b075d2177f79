metadata name = 'Onboard a secret'
metadata description = 'An example of a secret that rotates. Deploy into the vault\'s resource group, once: from then on the app writes the versions, and deploying this again would put an old key back.'

targetScope = 'resourceGroup'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Required. Name of the secret.')
@minLength(1)
@maxLength(127)
param secretName string

@description('Required. What the secret holds now: one of the target\'s keys, or a connection string with it. The app keeps the format.')
@secure()
param value string

@description('Required. Resource id of the target that issues the key, e.g. a storage account: the tag ProviderAddress.')
param targetResourceId string

@description('Required. Which of the target\'s keys the value is, as the target calls it, e.g. key1 of a storage account: the tag CredentialId.')
@minLength(1)
param credentialId string

@description('Optional. Life of each version, in days: the tag ValidityPeriodDays.')
@minValue(1)
@maxValue(3650)
param validityDays int = 90

@description('Optional. How long before expiry to rotate, in days, less than validityDays: the tag RotateBeforeDays. Empty means the app\'s setting.')
@minValue(1)
@maxValue(3649)
param rotateBeforeDays int?

@description('Optional. How long the previous key lives on, as an ISO 8601 duration: the tag RetireAfter. Empty means until the next rotation.')
param retireAfter string = ''

@description('Optional. When something that consumers notice may begin, e.g. Sat 02:00-06:00 Europe/Zurich: the tag Window. Empty means at any time.')
param window string = ''

@description('Optional. Whether somebody has to approve of each rotation, as required or as how long to wait for that, an ISO 8601 duration: the tag Approval. Empty means nobody.')
param approval string = ''

@description('Optional. Content type of the secret.')
param contentType string = ''

@description('Optional. More tags. Key Vault allows 15 in all, and the app adds one.')
param tags object = {}

@description('Optional. Leave it alone: the present can only be read as the default of a parameter.')
param now string = utcNow()

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: secretName
  tags: union(
    tags,
    {
      ProviderAddress: targetResourceId
      CredentialId: credentialId
      ValidityPeriodDays: string(validityDays)
    },
    rotateBeforeDays == null ? {} : { RotateBeforeDays: string(rotateBeforeDays) },
    empty(retireAfter) ? {} : { RetireAfter: retireAfter },
    empty(window) ? {} : { Window: window },
    empty(approval) ? {} : { Approval: approval }
  )
  properties: {
    value: value
    contentType: contentType
    attributes: {
      enabled: true
      // Without an expiry Key Vault never announces one.
      exp: dateTimeToEpoch(dateTimeAdd(now, 'P${validityDays}D'))
    }
  }
}

@description('Name of the secret.')
output secretName string = secret.name
