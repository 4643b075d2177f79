// az deployment group create --resource-group rg-of-the-account --parameters bicep/onboard-target.example.bicepparam
using 'onboard-target.bicep'

param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
param storageAccountName = 'contosodata'
