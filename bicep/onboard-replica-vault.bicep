metadata name = 'Onboard a vault for replicas'
metadata description = 'Lets the app copy secrets to a vault, and no more. Deploy into the vault\'s resource group, once for each vault. The vault must use Azure RBAC, and be named in the app\'s REPLICA_VAULTS. It sends no events.'

targetScope = 'resourceGroup'

import { roleIds } from 'modules/role-ids.bicep'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

@description('Optional. Let the app read, write, list and disable secrets only, by a custom role, instead of making it Secrets Officer. Needs the right to define roles.')
param useCustomRole bool = false

var roleIdForApp = roleIds['Key Vault Secrets Officer']
var vaultGroupId = resourceGroup().id
var customRoleId = guid(vaultGroupId, 'copy secrets')

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource customRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (useCustomRole) {
  name: customRoleId
  properties: {
    // Names of roles are unique in the whole tenant.
    roleName: 'Secret replicas ${customRoleId}'
    description: 'Read, write, list and disable secrets, and nothing else.'
    type: 'CustomRole'
    assignableScopes: [
      vaultGroupId
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/getSecret/action'
          'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          'Microsoft.KeyVault/vaults/secrets/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, useCustomRole ? customRoleId : roleIdForApp)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: useCustomRole
      ? customRole.id
      : subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIdForApp)
  }
}

@description('Host name of the vault, for REPLICA_VAULTS.')
output vaultHost string = split(vault.properties.vaultUri, '/')[2]
