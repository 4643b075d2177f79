metadata name = 'Identity'
metadata description = 'The user-assigned identity of the app: it can be given its roles before the app exists, and survives it.'

@description('Required. Name of the identity.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id of the identity.')
output resourceId string = identity.id

@description('Object id, which role assignments name.')
output principalId string = identity.properties.principalId

@description('Client id, which tells the SDKs whom to sign in as.')
output clientId string = identity.properties.clientId
