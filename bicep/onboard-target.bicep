metadata name = 'Onboard a target'
metadata description = 'Lets the app regenerate the keys of one storage account, or of every storage account in a resource group. Deploy into the resource group of the account.'

targetScope = 'resourceGroup'

import { roleIds } from 'modules/role-ids.bicep'

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

@description('Optional. Name of the storage account. Empty means every one in this resource group, also those to come.')
@maxLength(24)
param storageAccountName string = ''

// Reader tells whether shared keys are allowed at all; the operator role lists and regenerates keys and nothing else.
var appRoles = [
  'Reader'
  'Storage Account Key Operator Service Role'
]

module onAccount 'modules/storage-account-roles.bicep' = if (!empty(storageAccountName)) {
  name: 'roles-${uniqueString(storageAccountName, appPrincipalId)}'
  params: {
    storageAccountName: storageAccountName
    appPrincipalId: appPrincipalId
    appRoles: appRoles
  }
}

resource onResourceGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: if (empty(storageAccountName)) {
    name: guid(resourceGroup().id, appPrincipalId, roleIds[role])
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

@description('Where the app got its roles.')
output scope string = empty(storageAccountName)
  ? resourceGroup().id
  : resourceId('Microsoft.Storage/storageAccounts', storageAccountName)
