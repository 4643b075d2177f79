metadata name = 'Event Hub sender'
metadata description = 'Lets one identity send to one Event Hub. A module of its own because a vault\'s deployment runs in another resource group.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the namespace.')
param namespaceName string

@description('Required. Name of the hub.')
param hubName string

@description('Required. Object id of the identity.')
param principalId string

resource eventHubsNamespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource hub 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  parent: eventHubsNamespace
  name: hubName
}

resource roleAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hub.id, principalId, roleIds['Azure Event Hubs Data Sender'])
  scope: hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds['Azure Event Hubs Data Sender']
    )
  }
}
