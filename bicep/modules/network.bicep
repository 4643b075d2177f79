metadata name = 'Network'
metadata description = 'Virtual network for the app, and the private DNS zones of everything it reaches through private endpoints.'

@description('Required. Name of the virtual network.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Address space in CIDR notation; a /24 or larger.')
param addressPrefix string

// Azure's own naming differs by cloud, and not by one common suffix.
var suffixes = {
  AzureCloud: {
    eventHubs: 'servicebus.windows.net'
    sites: 'azurewebsites.net'
  }
  AzureChinaCloud: {
    eventHubs: 'servicebus.chinacloudapi.cn'
    sites: 'chinacloudsites.cn'
  }
  AzureUSGovernment: {
    eventHubs: 'servicebus.usgovcloudapi.net'
    sites: 'azurewebsites.us'
  }
}

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  namespace: 'privatelink.${suffixes[environment().name].eventHubs}'
  sites: 'privatelink.${suffixes[environment().name].sites}'
  scheduler: 'privatelink.durabletask.io'
  // '.vault.azure.net' has its private counterpart in '.vaultcore.azure.net', likewise in the other clouds.
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
}

var appSubnetName = 'app'
var endpointSubnetName = 'private-endpoints'

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        name: appSubnetName
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          // Flex Consumption joins a network as a Container Apps environment does.
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: endpointSubnetName
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource dnsZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zones): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource dnsZoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in items(zones): {
    parent: dnsZones[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      // Vaults and storage accounts to rotate may have private endpoints in other networks and none in this one:
      // their names are unknown to these zones, and must then be looked up in public.
      resolutionPolicy: 'NxDomainRedirect'
      virtualNetwork: {
        id: virtualNetwork.id
      }
    }
  }
]

@description('Resource id of the subnet that the app\'s outbound traffic leaves from.')
output appSubnetResourceId string = '${virtualNetwork.id}/subnets/${appSubnetName}'

@description('Resource id of the subnet that holds the private endpoints.')
output endpointSubnetResourceId string = '${virtualNetwork.id}/subnets/${endpointSubnetName}'

@description('Resource ids of the private DNS zones by the group id of the private endpoints that register there.')
output dnsZoneResourceIds object = toObject(
  items(zones),
  zone => zone.key,
  zone => resourceId('Microsoft.Network/privateDnsZones', zone.value)
)
