metadata name = 'Dead-letter writer'
metadata description = 'Lets one identity write to one blob container. A module of its own because a vault\'s deployment runs in another resource group.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the storage account.')
param storageAccountName string

@description('Required. Name of the container.')
param containerName string

@description('Required. Object id of the identity.')
param principalId string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: containerName
}

resource roleAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, principalId, roleIds['Storage Blob Data Contributor'])
  scope: container
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds['Storage Blob Data Contributor']
    )
  }
}
