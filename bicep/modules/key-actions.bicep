metadata name = 'Key actions'
metadata description = 'What the app needs to rotate the keys of each kind of target, by resource type: read it, list its keys, regenerate one; of a server whose own administrator gets new passwords, change it. The one place where these actions are written.'

@export()
@description('Actions by resource type: learn.microsoft.com, "Azure permissions".')
var keyActions = {
  'Microsoft.AppConfiguration/configurationStores': [
    'Microsoft.AppConfiguration/configurationStores/read'
    'Microsoft.AppConfiguration/configurationStores/ListKeys/action'
    'Microsoft.AppConfiguration/configurationStores/RegenerateKey/action'
  ]
  'Microsoft.Batch/batchAccounts': [
    'Microsoft.Batch/batchAccounts/read'
    'Microsoft.Batch/batchAccounts/listKeys/action'
    'Microsoft.Batch/batchAccounts/regenerateKeys/action'
  ]
  'Microsoft.Cache/redis': [
    'Microsoft.Cache/redis/read'
    'Microsoft.Cache/redis/listKeys/action'
    'Microsoft.Cache/redis/regenerateKey/action'
  ]
  'Microsoft.Cache/redisEnterprise/databases': [
    'Microsoft.Cache/redisEnterprise/databases/read'
    'Microsoft.Cache/redisEnterprise/databases/listKeys/action'
    'Microsoft.Cache/redisEnterprise/databases/regenerateKey/action'
  ]
  'Microsoft.CognitiveServices/accounts': [
    'Microsoft.CognitiveServices/accounts/read'
    'Microsoft.CognitiveServices/accounts/listKeys/action'
    'Microsoft.CognitiveServices/accounts/regenerateKey/action'
  ]
  'Microsoft.DBforPostgreSQL/flexibleServers': [
    'Microsoft.DBforPostgreSQL/flexibleServers/read'
  ]
  'Microsoft.DBforPostgreSQL/flexibleServers (administrator)': [
    'Microsoft.DBforPostgreSQL/flexibleServers/read'
    'Microsoft.DBforPostgreSQL/flexibleServers/write'
    'Microsoft.DBforPostgreSQL/locations/*/read'
  ]
  'Microsoft.DocumentDB/databaseAccounts': [
    'Microsoft.DocumentDB/databaseAccounts/read'
    'Microsoft.DocumentDB/databaseAccounts/listKeys/action'
    'Microsoft.DocumentDB/databaseAccounts/regenerateKey/action'
  ]
  'Microsoft.EventGrid/domains': [
    'Microsoft.EventGrid/domains/read'
    'Microsoft.EventGrid/domains/listKeys/action'
    'Microsoft.EventGrid/domains/regenerateKey/action'
  ]
  'Microsoft.EventGrid/topics': [
    'Microsoft.EventGrid/topics/read'
    'Microsoft.EventGrid/topics/listKeys/action'
    'Microsoft.EventGrid/topics/regenerateKey/action'
  ]
  'Microsoft.EventHub/namespaces/authorizationRules': [
    'Microsoft.EventHub/namespaces/read'
    'Microsoft.EventHub/namespaces/authorizationRules/listKeys/action'
    'Microsoft.EventHub/namespaces/authorizationRules/regenerateKeys/action'
  ]
  'Microsoft.EventHub/namespaces/eventhubs/authorizationRules': [
    'Microsoft.EventHub/namespaces/read'
    'Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action'
    'Microsoft.EventHub/namespaces/eventhubs/authorizationRules/regenerateKeys/action'
  ]
  'Microsoft.Maps/accounts': [
    'Microsoft.Maps/accounts/read'
    'Microsoft.Maps/accounts/listKeys/action'
    'Microsoft.Maps/accounts/regenerateKey/action'
  ]
  'Microsoft.Search/searchServices': [
    'Microsoft.Search/searchServices/read'
    'Microsoft.Search/searchServices/listAdminKeys/action'
    'Microsoft.Search/searchServices/regenerateAdminKey/action'
  ]
  'Microsoft.ServiceBus/namespaces/authorizationRules': [
    'Microsoft.ServiceBus/namespaces/read'
    'Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action'
    'Microsoft.ServiceBus/namespaces/authorizationRules/regenerateKeys/action'
  ]
  'Microsoft.ServiceBus/namespaces/queues/authorizationRules': [
    'Microsoft.ServiceBus/namespaces/read'
    'Microsoft.ServiceBus/namespaces/queues/authorizationRules/listKeys/action'
    'Microsoft.ServiceBus/namespaces/queues/authorizationRules/regenerateKeys/action'
  ]
  'Microsoft.ServiceBus/namespaces/topics/authorizationRules': [
    'Microsoft.ServiceBus/namespaces/read'
    'Microsoft.ServiceBus/namespaces/topics/authorizationRules/listKeys/action'
    'Microsoft.ServiceBus/namespaces/topics/authorizationRules/regenerateKeys/action'
  ]
  'Microsoft.SignalRService/SignalR': [
    'Microsoft.SignalRService/SignalR/read'
    'Microsoft.SignalRService/SignalR/listKeys/action'
    'Microsoft.SignalRService/SignalR/regenerateKey/action'
  ]
  'Microsoft.SignalRService/WebPubSub': [
    'Microsoft.SignalRService/WebPubSub/read'
    'Microsoft.SignalRService/WebPubSub/listKeys/action'
    'Microsoft.SignalRService/WebPubSub/regenerateKey/action'
  ]
  'Microsoft.Sql/managedInstances': [
    'Microsoft.Sql/managedInstances/read'
  ]
  'Microsoft.Sql/managedInstances (administrator)': [
    'Microsoft.Sql/managedInstances/read'
    'Microsoft.Sql/managedInstances/write'
    'Microsoft.Sql/locations/*/read'
  ]
  'Microsoft.Sql/servers': [
    'Microsoft.Sql/servers/read'
  ]
  'Microsoft.Sql/servers (administrator)': [
    'Microsoft.Sql/servers/read'
    'Microsoft.Sql/servers/write'
    'Microsoft.Sql/locations/*/read'
  ]
}
