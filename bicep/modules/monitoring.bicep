metadata name = 'Monitoring'
metadata description = 'Log Analytics workspace and the Application Insights component in it; both accept signed-in senders only.'

import { roleIds } from 'role-ids.bicep'

@description('Required. Name of the Log Analytics workspace.')
param workspaceName string

@description('Required. Name of the Application Insights component.')
param applicationInsightsName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('Required. Object id of the app\'s identity, which may publish telemetry.')
param appPrincipalId string

var appRoles = [
  'Monitoring Metrics Publisher'
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string alone lets nobody write: the app signs in with its identity.
    DisableLocalAuth: true
  }
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(applicationInsights.id, appPrincipalId, roleIds[role])
    scope: applicationInsights
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[role])
    }
  }
]

@description('Resource id of the workspace.')
output workspaceResourceId string = workspace.id

@description('Resource id of the Application Insights component.')
output applicationInsightsResourceId string = applicationInsights.id

@description('Name of the Application Insights component.')
output applicationInsightsName string = applicationInsights.name
