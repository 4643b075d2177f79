metadata name = 'Storage account without keys'
metadata description = 'A storage account that only signed-in identities can use, with its containers and the roles of the app on it.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the account.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Replication.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param skuName string

@description('Required. Names of the blob containers.')
param containers string[]

@description('Required. Whether anything but private endpoints may reach the account.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Required. What happens to traffic that no rule names.')
@allowed(['Allow', 'Deny'])
param defaultAction string

@description('Optional. Public addresses or ranges that may reach the account in spite of Deny.')
param allowedIpAddresses string[] = []

@description('Conditional. Object id of the app\'s identity. Required if appRoles is not empty.')
param appPrincipalId string = ''

@description('Optional. Names of the roles that the app gets on the whole account.')
param appRoles string[] = []

@description('Optional. Parts of the account that get a private endpoint.')
param privateEndpointGroupIds string[] = []

@description('Conditional. Resource id of the subnet of the private endpoints. Required if privateEndpointGroupIds is not empty.')
param privateEndpointSubnetResourceId string = ''

@description('Conditional. Private DNS zones by group id. Required if privateEndpointGroupIds is not empty.')
param dnsZoneResourceIds object = {}

@description('Required. Resource id of the Log Analytics workspace that receives metrics and logs.')
param workspaceResourceId string

@description('Optional. Log categories of the blob service to keep.')
param blobLogCategories string[] = []

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: defaultAction
      // Event Grid writes dead letters as a trusted service, with the identity of its topic.
      bypass: 'AzureServices'
      ipRules: [
        for address in allowedIpAddresses: {
          action: 'Allow'
          value: address
        }
      ]
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in containers: {
    parent: blobService
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

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

// One after the other: endpoints that join one subnet at the same time can get in each other's way.
@batchSize(1)
module privateEndpoints 'private-endpoint.bicep' = [
  for groupId in privateEndpointGroupIds: {
    name: 'pep-${name}-${groupId}'
    params: {
      name: 'pep-${name}-${groupId}'
      location: location
      tags: tags
      targetResourceId: account.id
      groupId: groupId
      subnetResourceId: privateEndpointSubnetResourceId
      dnsZoneResourceId: dnsZoneResourceIds[groupId]
    }
  }
]

resource accountDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: account
  properties: {
    workspaceId: workspaceResourceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(blobLogCategories)) {
  name: 'to-log-analytics'
  scope: blobService
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      for category in blobLogCategories: {
        category: category
        enabled: true
      }
    ]
  }
}

@description('Resource id of the account.')
output resourceId string = account.id

@description('Blob endpoint, with a slash at its end.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Queue endpoint.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Table endpoint.')
output tableEndpoint string = account.properties.primaryEndpoints.table
