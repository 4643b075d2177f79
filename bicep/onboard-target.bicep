metadata name = 'Onboard a target'
metadata description = 'Lets the app regenerate the keys of one storage account, of every storage account in a resource group, or of other kinds of target there. Deploy into the resource group of the target.'

targetScope = 'resourceGroup'

import { keyActions } from 'modules/key-actions.bicep'
import { roleIds } from 'modules/role-ids.bicep'

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

@description('Optional. Name of the storage account. Empty means every one in this resource group, also those to come, unless targetTypes names other kinds.')
@maxLength(24)
param storageAccountName string = ''

@description('Optional. Resource types of other targets in this resource group, also those to come: for each a custom role that can read them, list their keys and regenerate them, and nothing else. Database servers are only read, but for those whose own administrator gets new passwords: Azure has no finer right for that than to change the server. Making roles needs Owner or User Access Administrator on the resource group.')
@allowed([
  'Microsoft.AppConfiguration/configurationStores'
  'Microsoft.Batch/batchAccounts'
  'Microsoft.Cache/redis'
  'Microsoft.Cache/redisEnterprise/databases'
  'Microsoft.CognitiveServices/accounts'
  'Microsoft.DBforPostgreSQL/flexibleServers'
  'Microsoft.DBforPostgreSQL/flexibleServers (administrator)'
  'Microsoft.DocumentDB/databaseAccounts'
  'Microsoft.EventGrid/domains'
  'Microsoft.EventGrid/topics'
  'Microsoft.EventHub/namespaces/authorizationRules'
  'Microsoft.EventHub/namespaces/eventhubs/authorizationRules'
  'Microsoft.Maps/accounts'
  'Microsoft.Search/searchServices'
  'Microsoft.ServiceBus/namespaces/authorizationRules'
  'Microsoft.ServiceBus/namespaces/queues/authorizationRules'
  'Microsoft.ServiceBus/namespaces/topics/authorizationRules'
  'Microsoft.SignalRService/SignalR'
  'Microsoft.SignalRService/WebPubSub'
  'Microsoft.Sql/managedInstances'
  'Microsoft.Sql/managedInstances (administrator)'
  'Microsoft.Sql/servers'
  'Microsoft.Sql/servers (administrator)'
])
param targetTypes string[] = []

// Reader tells whether shared keys are allowed at all; the operator role lists and regenerates keys and nothing else.
var appRoles = [
  'Reader'
  'Storage Account Key Operator Service Role'
]

var groupId = resourceGroup().id

module onAccount 'modules/storage-account-roles.bicep' = if (!empty(storageAccountName)) {
  name: 'roles-${uniqueString(storageAccountName, appPrincipalId)}'
  params: {
    storageAccountName: storageAccountName
    appPrincipalId: appPrincipalId
    appRoles: appRoles
  }
}

resource onResourceGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: if (empty(storageAccountName) && empty(targetTypes)) {
    name: guid(resourceGroup().id, appPrincipalId, roleIds[role])
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

resource keyRoles 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for targetType in targetTypes: {
    name: guid(groupId, 'rotate keys', targetType)
    properties: {
      // Names of roles are unique in the whole tenant.
      roleName: 'Secret rotation ${guid(groupId, 'rotate keys', targetType)}'
      description: 'What secret rotation needs of ${targetType}, and nothing else.'
      type: 'CustomRole'
      assignableScopes: [
        groupId
      ]
      permissions: [
        {
          actions: keyActions[targetType]
          notActions: []
          dataActions: []
          notDataActions: []
        }
      ]
    }
  }
]

resource keyRoleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (targetType, index) in targetTypes: {
    name: guid(resourceGroup().id, appPrincipalId, 'rotate keys', targetType)
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: keyRoles[index].id
    }
  }
]

@description('Where the app got its roles; custom roles are on the resource group.')
output scope string = empty(storageAccountName)
  ? resourceGroup().id
  : resourceId('Microsoft.Storage/storageAccounts', storageAccountName)
