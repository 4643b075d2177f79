metadata name = 'Onboard certificates and keys'
metadata description = 'Lets the app renew the certificates and rotate the keys of a vault, by a custom role that can do nothing else. Deploy into the vault\'s resource group, after onboard-vault.bicep, which sends the events. Needs the right to define roles.'

targetScope = 'resourceGroup'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

var vaultGroupId = resourceGroup().id
var customRoleId = guid(vaultGroupId, 'renew certificates and keys')

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

// Certificates Officer could delete what it renews, and Crypto Officer decrypt and sign with what it rotates.
resource customRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: customRoleId
  properties: {
    // Names of roles are unique in the whole tenant.
    roleName: 'Renewal of certificates and keys ${customRoleId}'
    description: 'Read and create certificates, read and rotate keys, and nothing else.'
    type: 'CustomRole'
    assignableScopes: [
      vaultGroupId
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/certificates/create/action'
          'Microsoft.KeyVault/vaults/certificates/read'
          'Microsoft.KeyVault/vaults/keyrotationpolicies/read'
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/rotate/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, customRoleId)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: customRole.id
  }
}
