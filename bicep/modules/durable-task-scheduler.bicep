metadata name = 'Durable Task Scheduler'
metadata description = 'The managed backend of Durable Functions, instead of queues and tables in the host\'s storage account.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the scheduler.')
param name string

@description('Required. Name of the task hub, the same as host.json\'s hubName.')
param taskHubName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Consumption is paid by action, Dedicated by capacity unit.')
@allowed(['Consumption', 'Dedicated'])
param skuName string

@description('Required. Object id of the app\'s identity.')
param appPrincipalId string

@description('Required. Whether the scheduler is reached through a private endpoint only.')
param privateNetworking bool

@description('Conditional. Resource id of the subnet of the private endpoint. Required if privateNetworking is true.')
param privateEndpointSubnetResourceId string = ''

@description('Conditional. Private DNS zones by group id. Required if privateNetworking is true.')
param dnsZoneResourceIds object = {}

var appRoles = [
  'Durable Task Data Contributor'
]

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // An empty list lets nobody in. Flex Consumption has no fixed addresses, so without a network of its own the
    // app is let in by its identity alone; the scheduler has no keys.
    ipAllowlist: privateNetworking ? [] : ['0.0.0.0/0']
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    // A Dedicated scheduler needs its number of units, and a Consumption one must not have any.
    sku: union({ name: skuName }, skuName == 'Dedicated' ? { capacity: 1 } : {})
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHubName
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(taskHub.id, appPrincipalId, roleIds[role])
    scope: taskHub
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

module privateEndpoint 'private-endpoint.bicep' = if (privateNetworking) {
  name: 'pep-${name}'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetResourceId: scheduler.id
    groupId: 'scheduler'
    subnetResourceId: privateEndpointSubnetResourceId
    dnsZoneResourceId: dnsZoneResourceIds.?scheduler ?? ''
  }
}

@description('URL of the scheduler.')
output endpoint string = scheduler.properties.endpoint

@description('Name of the task hub.')
output taskHubName string = taskHub.name
