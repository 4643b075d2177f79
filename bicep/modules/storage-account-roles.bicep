metadata name = 'Roles on a storage account'
metadata description = 'Grants the app its roles on one storage account whose keys it rotates.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the storage account.')
param storageAccountName string

@description('Required. Object id of the app\'s identity.')
param appPrincipalId string

@description('Required. Names of the roles.')
param appRoles string[]

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(account.id, appPrincipalId, roleIds[role])
    scope: account
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]
