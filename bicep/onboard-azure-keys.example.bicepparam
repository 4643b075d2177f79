// az deployment group create --resource-group rg-of-the-targets --parameters bicep/onboard-azure-keys.example.bicepparam
// A Cosmos DB account and a rule of a Service Bus queue; docs/providers/azure-keys.md has every kind.
using 'onboard-target.bicep'

param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
param targetTypes = [
  'Microsoft.DocumentDB/databaseAccounts'
  'Microsoft.ServiceBus/namespaces/queues/authorizationRules'
]
