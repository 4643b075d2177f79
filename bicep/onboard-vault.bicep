metadata name = 'Onboard a vault'
metadata description = 'Sends a vault\'s events of expiries and new versions to the app and lets the app rotate its secrets. Deploy into the vault\'s resource group, once for each vault. The vault must use Azure RBAC, and be named in the app\'s KEY_VAULTS.'

targetScope = 'resourceGroup'

import { roleIds } from 'modules/role-ids.bicep'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Required. Object id of the app\'s identity: APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

@description('Required. Where events go: EVENT_HUB_RESOURCE_ID of main.bicep.')
param eventHubResourceId string

@description('Required. Where events go that could not be delivered: DEAD_LETTER_STORAGE_RESOURCE_ID of main.bicep.')
param deadLetterStorageResourceId string

@description('Optional. Container there: DEAD_LETTER_CONTAINER_NAME of main.bicep.')
param deadLetterContainerName string = 'dead-letters'

@description('Optional. Where the vault\'s audit log and the topic\'s metrics go: LOG_ANALYTICS_WORKSPACE_RESOURCE_ID of main.bicep. The alerts for secrets that are due and for dead letters need it. Empty means nowhere.')
param workspaceResourceId string = ''

@description('Optional. Name of the vault\'s system topic. A vault can have one only: if it has one already, name it, and it gets an identity and one more subscription.')
@minLength(3)
@maxLength(50)
param systemTopicName string = 'evgt-${vaultName}'

@description('Optional. Grant a custom role that can read, write and list secrets, and not delete, recover or purge them, instead of Key Vault Secrets Officer. Making a role needs Owner or User Access Administrator on the resource group.')
param useCustomRole bool = false

@description('Optional. Let the custom role delete secrets too. Kinds whose credential can be read back nowhere (generated values, logins, application secrets) keep it in a pending secret of the vault until it is published, and remove that afterwards; deleted secrets can be recovered.')
param allowPendingSecrets bool = false

@description('Optional. How long Event Grid tries to deliver an event, in minutes.')
@minValue(1)
@maxValue(1440)
param eventTimeToLiveInMinutes int = 1440

@description('Optional. How often Event Grid tries to deliver an event.')
@minValue(1)
@maxValue(30)
param maxDeliveryAttempts int = 30

@description('Optional. Subnet for a private endpoint of the vault: PRIVATE_ENDPOINT_SUBNET_RESOURCE_ID of main.bicep. Empty means none.')
param privateEndpointSubnetResourceId string = ''

@description('Conditional. Private DNS zone of vaults: VAULT_DNS_ZONE_RESOURCE_ID of main.bicep. Required if privateEndpointSubnetResourceId is given.')
param vaultDnsZoneResourceId string = ''

@description('Optional. Region of that subnet.')
param privateEndpointLocation string = resourceGroup().location

@description('Optional. Tags of what is created.')
param tags object = {}

var roleIdForApp = roleIds['Key Vault Secrets Officer']
var vaultGroupId = resourceGroup().id
var customRoleId = guid(vaultGroupId, 'rotate secrets')

var eventHubIdParts = split(eventHubResourceId, '/')
var deadLetterIdParts = split(deadLetterStorageResourceId, '/')

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource customRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (useCustomRole) {
  name: customRoleId
  properties: {
    // Names of roles are unique in the whole tenant.
    roleName: 'Secret rotation ${customRoleId}'
    description: 'Read, write and list secrets.'
    type: 'CustomRole'
    assignableScopes: [
      vaultGroupId
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: concat(
          [
            'Microsoft.KeyVault/vaults/secrets/getSecret/action'
            'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
            'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          ],
          allowPendingSecrets
            ? [
                'Microsoft.KeyVault/vaults/secrets/delete'
              ]
            : []
        )
        notDataActions: []
      }
    ]
  }
}

resource appRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, useCustomRole ? customRoleId : roleIdForApp)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: useCustomRole
      ? customRole.id
      : subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIdForApp)
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: systemTopicName
  location: vault.location
  tags: tags
  identity: {
    // System-assigned: the only kind that firewalls of Event Hubs and storage accounts trust.
    type: 'SystemAssigned'
  }
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

module topicMaySend 'modules/event-hub-sender.bicep' = {
  name: 'sender-${uniqueString(topic.id)}'
  scope: resourceGroup(eventHubIdParts[2], eventHubIdParts[4])
  params: {
    namespaceName: eventHubIdParts[8]
    hubName: eventHubIdParts[10]
    principalId: topic.identity.principalId
  }
}

module topicMayWriteDeadLetters 'modules/dead-letter-writer.bicep' = {
  name: 'dead-letters-${uniqueString(topic.id)}'
  scope: resourceGroup(deadLetterIdParts[2], deadLetterIdParts[4])
  params: {
    storageAccountName: deadLetterIdParts[8]
    containerName: deadLetterContainerName
    principalId: topic.identity.principalId
  }
}

resource subscriptionToHub 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'secret-rotation'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.SecretNearExpiry'
        'Microsoft.KeyVault.SecretExpired'
        'Microsoft.KeyVault.SecretNewVersionCreated'
        'Microsoft.KeyVault.CertificateNearExpiry'
        'Microsoft.KeyVault.CertificateExpired'
        'Microsoft.KeyVault.KeyNearExpiry'
        'Microsoft.KeyVault.KeyExpired'
      ]
    }
    deliveryWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      destination: {
        endpointType: 'EventHub'
        properties: {
          resourceId: eventHubResourceId
        }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: deadLetterStorageResourceId
          blobContainerName: deadLetterContainerName
        }
      }
    }
    retryPolicy: {
      eventTimeToLiveInMinutes: eventTimeToLiveInMinutes
      maxDeliveryAttempts: maxDeliveryAttempts
    }
  }
  // Nothing here refers to the roles, but delivery fails without them.
  dependsOn: [
    topicMaySend
    topicMayWriteDeadLetters
  ]
}

module vaultPrivateEndpoint 'modules/private-endpoint.bicep' = if (!empty(privateEndpointSubnetResourceId)) {
  name: 'pep-${vaultName}'
  scope: resourceGroup(split(privateEndpointSubnetResourceId, '/')[2], split(privateEndpointSubnetResourceId, '/')[4])
  params: {
    name: 'pep-${vaultName}'
    location: privateEndpointLocation
    tags: tags
    targetResourceId: vault.id
    groupId: 'vault'
    subnetResourceId: privateEndpointSubnetResourceId
    dnsZoneResourceId: vaultDnsZoneResourceId
  }
}

resource vaultDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceResourceId)) {
  name: 'secret-rotation'
  scope: vault
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

resource topicDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceResourceId)) {
  name: 'secret-rotation'
  scope: topic
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      {
        category: 'DeliveryFailures'
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

@description('Resource id of the system topic.')
output systemTopicResourceId string = topic.id

@description('What to add to the app\'s KEY_VAULTS.')
output vaultHostName string = split(vault.properties.vaultUri, '/')[2]
