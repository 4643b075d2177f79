metadata name = 'Onboard consumers'
metadata description = 'Lets the app find and refresh those who use secrets in a resource group: App Service and Functions sites, their slots, and container apps. Deploy into each resource group of CONSUMER_SCOPES, or of a consumer that a secret\'s tag names.'

targetScope = 'resourceGroup'

import { roleIds } from 'modules/role-ids.bicep'

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

// Reader sees container apps and which version each reference has; there is no narrower role that refreshes references.
var appRoles = [
  'Reader'
  'Website Contributor'
]

resource onResourceGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    // Named as in onboard-target.bicep: Reader on one resource group is one assignment.
    name: guid(resourceGroup().id, appPrincipalId, roleIds[role])
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

@description('Where the app got its roles: an entry for CONSUMER_SCOPES.')
output scope string = resourceGroup().id
