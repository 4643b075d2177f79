metadata name = 'Function app'
metadata description = 'Flex Consumption plan and the function app. Runtime, scale and deployment live in functionAppConfig; what other plans keep in FUNCTIONS_* settings and linuxFxVersion does not belong here.'

@description('Required. Name of the app.')
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Name of the service in azure.yaml: azd publishes the code to the app that bears it as a tag.')
param azdServiceName string

@description('Required. Whether instances are spread over availability zones.')
param zoneRedundant bool

@description('Required. Memory of one instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Required. How many instances there may be.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Required. Resource id of the app\'s identity.')
param identityResourceId string

@description('Required. Client id of the app\'s identity.')
param identityClientId string

@description('Required. Endpoints of the host\'s storage account, which is reached with the identity.')
param hostStorage {
  blobEndpoint: string
  queueEndpoint: string
  tableEndpoint: string
}

@description('Required. Name of the container in the host\'s storage account that holds the published package.')
param deploymentContainerName string

@description('Required. Name of the Application Insights component, in the same resource group.')
param applicationInsightsName string

@description('Required. Where the vaults\' events arrive.')
param eventHub {
  fullyQualifiedNamespace: string
  hubName: string
  consumerGroupName: string
}

@description('Required. Vaults that may be rotated: host names, separated by commas.')
param keyVaults string

@description('Required. Vaults that secrets may be copied to; may be empty.')
param replicaVaults string

@description('Required. Life of a new version, in days, where a secret\'s tags do not say.')
@minValue(1)
@maxValue(3650)
param defaultValidityDays int

@description('Required. How long before expiry a secret is rotated, in days, where its tags do not say.')
@minValue(1)
@maxValue(3650)
param rotationLeadDays int

@description('Required. When all vaults are looked through for what events have missed: NCRONTAB, from second to day of the week, in UTC.')
param sweepSchedule string

@description('Required. How many rotations that the sweep has started may be at work at a time.')
@minValue(1)
@maxValue(1000)
param maxConcurrentRotations int

@description('Required. How often the sweep starts a rotation again that came to nothing.')
@minValue(0)
@maxValue(20)
param maxRedrives int

@description('Required. How long the histories of finished rotations are kept, in days.')
@minValue(1)
@maxValue(3650)
param historyRetentionDays int

@description('Required. Setting CONSUMER_SCOPES.')
param consumerScopes string

@description('Required. Setting MOVE_PINNED_REFERENCES.')
param movePinnedReferences bool

@description('Required. Setting SQL_SERVERS.')
param sqlServers string

@description('Optional. URL of the Durable Task Scheduler. Without it the host\'s storage account is the backend.')
param schedulerEndpoint string = ''

@description('Optional. Resource id of the delegated subnet that outbound traffic leaves from.')
param subnetResourceId string = ''

@description('Required. Whether the app is reached from anywhere but its private endpoint; its functions ask for a key all the same.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Optional. Address ranges (CIDR) that may reach the app and its deployment endpoint. Empty means all.')
param allowedIpAddressRanges string[] = []

@description('Conditional. Resource id of the subnet of the private endpoint. Required if publicNetworkAccess is Disabled.')
param privateEndpointSubnetResourceId string = ''

@description('Conditional. Private DNS zones by group id. Required if privateEndpointSubnetResourceId is given.')
param dnsZoneResourceIds object = {}

@description('Required. Resource id of the Log Analytics workspace that receives metrics.')
param workspaceResourceId string

var schedulerConnectionName = 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
var useScheduler = !empty(schedulerEndpoint)

// Which settings there are is compared with the code and with README.md by a test.
var commonSettings = {
  KEY_VAULTS: keyVaults
  REPLICA_VAULTS: replicaVaults
  EVENT_HUB_NAME: eventHub.hubName
  EVENT_HUB_CONSUMER_GROUP: eventHub.consumerGroupName
  EventHubConnection__fullyQualifiedNamespace: eventHub.fullyQualifiedNamespace
  EventHubConnection__credential: 'managedidentity'
  EventHubConnection__clientId: identityClientId
  DEFAULT_VALIDITY_DAYS: string(defaultValidityDays)
  ROTATION_LEAD_DAYS: string(rotationLeadDays)
  SWEEP_SCHEDULE: sweepSchedule
  MAX_CONCURRENT_ROTATIONS: string(maxConcurrentRotations)
  MAX_REDRIVES: string(maxRedrives)
  HISTORY_RETENTION_DAYS: string(historyRetentionDays)
  CONSUMER_SCOPES: consumerScopes
  MOVE_PINNED_REFERENCES: movePinnedReferences ? 'true' : 'false'
  SQL_SERVERS: sqlServers
  AZURE_CLOUD: environment().name
  // On the one core of an instance, the Durable extension runs 10 activities at a time, which mostly wait for Azure;
  // Python would give them 5 threads.
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  // Tells DefaultAzureCredential which of the possible identities is meant.
  AZURE_CLIENT_ID: identityClientId
  // Endpoints rather than AzureWebJobsStorage__accountName, which assumes the public cloud's host names.
  AzureWebJobsStorage__blobServiceUri: hostStorage.blobEndpoint
  AzureWebJobsStorage__queueServiceUri: hostStorage.queueEndpoint
  AzureWebJobsStorage__tableServiceUri: hostStorage.tableEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

// Settings of this form replace values of host.json, so that one package serves both backends.
var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: schedulerConnectionName
}

var ipRules = [
  for (addressRange, index) in allowedIpAddressRanges: {
    name: 'allowed-${index}'
    action: 'Allow'
    priority: 100 + index
    ipAddress: addressRange
  }
]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': azdServiceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityResourceId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: publicNetworkAccess
    virtualNetworkSubnetId: empty(subnetResourceId) ? null : subnetResourceId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.blobEndpoint}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityResourceId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // The scale controller reads host.json in the package and not the settings that replace its values: it would
        // watch the storage account for work and never wake the app for the scheduler's. So one instance stays awake.
        alwaysReady: useScheduler ? [{ name: 'durable', instanceCount: 1 }] : []
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: empty(ipRules) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: ipRules
      scmIpSecurityRestrictionsUseMain: true
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(commonSettings, useScheduler ? schedulerSettings : {})
}

// Publishing needs a signed-in identity: no user name and password.
resource scmCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource ftpCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

module privateEndpoint 'private-endpoint.bicep' = if (!empty(privateEndpointSubnetResourceId)) {
  name: 'pep-${name}'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetResourceId: app.id
    groupId: 'sites'
    subnetResourceId: privateEndpointSubnetResourceId
    dnsZoneResourceId: dnsZoneResourceIds.?sites ?? ''
  }
}

// Metrics only: the host's and the app's logs are in Application Insights already.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: workspaceResourceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the app.')
output resourceId string = app.id

@description('Host name of the app.')
output hostName string = app.properties.defaultHostName
