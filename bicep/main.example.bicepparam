// An environment with every protection on. Copy it, change it, and deploy it without azd:
//   az deployment sub create --location westeurope --parameters bicep/main.example.bicepparam
using 'main.bicep'

param environmentName = 'rotation-prod'
param location = 'westeurope'
param keyVaults = 'contoso.vault.azure.net,fabrikam.vault.azure.net'
param alertEmailAddresses = 'operations@contoso.com'
param privateNetworking = true
param zoneRedundant = true
param logRetentionInDays = 180
param deadLetterReaderIpAddresses = '203.0.113.10'
param tags = {
  owner: 'platform'
}
