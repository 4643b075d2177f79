metadata name = 'Event Hub'
metadata description = 'Event Hubs namespace, the hub for the vaults\' events and the app\'s own consumer group; no keys.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the namespace.')
param namespaceName string

@description('Required. Name of the hub.')
param hubName string

@description('Required. Name of the app\'s consumer group.')
param consumerGroupName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Pricing tier. Basic has no consumer groups of one\'s own.')
@allowed(['Standard', 'Premium'])
param skuName string

@description('Required. Partitions of the hub; Standard cannot change them later.')
@minValue(1)
@maxValue(32)
param partitionCount int

@description('Required. How long events wait for the app, in hours. Standard keeps 7 days at most.')
@minValue(1)
@maxValue(168)
param retentionInHours int

@description('Required. Object id of the app\'s identity, which may receive.')
param appPrincipalId string

@description('Required. Whether the namespace is reached through a private endpoint only (and by Event Grid).')
param privateNetworking bool

@description('Conditional. Resource id of the subnet of the private endpoint. Required if privateNetworking is true.')
param privateEndpointSubnetResourceId string = ''

@description('Conditional. Private DNS zones by group id. Required if privateNetworking is true.')
param dnsZoneResourceIds object = {}

@description('Required. Resource id of the Log Analytics workspace that receives metrics and logs.')
param workspaceResourceId string

var appRoles = [
  'Azure Event Hubs Data Receiver'
]

resource eventHubsNamespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: {
    name: skuName
    tier: skuName
    capacity: 1
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

resource networkRules 'Microsoft.EventHub/namespaces/networkRuleSets@2024-01-01' = if (privateNetworking) {
  parent: eventHubsNamespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Disabled'
    defaultAction: 'Deny'
    // Event Grid has no private way out: it delivers as a trusted service, with its topic's system-assigned identity.
    trustedServiceAccessEnabled: true
  }
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: eventHubsNamespace
  name: hubName
  properties: {
    partitionCount: partitionCount
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionInHours
    }
  }
}

resource consumerGroup 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: hub
  name: consumerGroupName
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(hub.id, appPrincipalId, roleIds[role])
    scope: hub
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

module privateEndpoint 'private-endpoint.bicep' = if (privateNetworking) {
  name: 'pep-${namespaceName}'
  params: {
    name: 'pep-${namespaceName}'
    location: location
    tags: tags
    targetResourceId: eventHubsNamespace.id
    groupId: 'namespace'
    subnetResourceId: privateEndpointSubnetResourceId
    dnsZoneResourceId: dnsZoneResourceIds.?namespace ?? ''
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: eventHubsNamespace
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the hub: where vaults send their events.')
output hubResourceId string = hub.id

@description('Host name of the namespace.')
output fullyQualifiedNamespace string = split(split(eventHubsNamespace.properties.serviceBusEndpoint, '/')[2], ':')[0]

@description('Name of the hub.')
output hubName string = hub.name

@description('Name of the app\'s consumer group.')
output consumerGroupName string = consumerGroup.name
