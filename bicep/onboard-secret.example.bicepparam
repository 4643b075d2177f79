// The key comes from the environment, and is in no file:
//   export SECRET_VALUE="$(az storage account keys list --account-name contosodata --query '[0].value' --output tsv)"
//   az deployment group create --resource-group rg-of-the-vault --parameters bicep/onboard-secret.example.bicepparam
using 'onboard-secret.bicep'

param vaultName = 'contoso'
param secretName = 'storage-key'
param value = readEnvironmentVariable('SECRET_VALUE')
param targetResourceId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/contosodata'
param credentialId = 'key1'
param retireAfter = 'P2D'
