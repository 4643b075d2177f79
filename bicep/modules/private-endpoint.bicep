metadata name = 'Private endpoint'
metadata description = 'One private endpoint of one resource, registered in its private DNS zone.'

@description('Required. Name of the endpoint.')
param name string

@description('Required. Region of the subnet.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Resource id of what is reached through the endpoint.')
param targetResourceId string

@description('Required. Which part of it, in the words of Private Link.')
@allowed(['blob', 'namespace', 'queue', 'scheduler', 'sites', 'table', 'vault'])
param groupId string

@description('Required. Resource id of the subnet.')
param subnetResourceId string

@description('Required. Resource id of the private DNS zone.')
param dnsZoneResourceId string

resource privateEndpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetResourceId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: targetResourceId
          groupIds: [
            groupId
          ]
        }
      }
    ]
  }
}

resource dnsZoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = {
  parent: privateEndpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: {
          privateDnsZoneId: dnsZoneResourceId
        }
      }
    ]
  }
}

@description('Resource id of the endpoint.')
output resourceId string = privateEndpoint.id
