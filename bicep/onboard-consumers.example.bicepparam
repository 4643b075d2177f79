// az deployment group create --resource-group rg-of-the-consumers --parameters bicep/onboard-consumers.example.bicepparam
using 'onboard-consumers.bicep'

param appPrincipalId = readEnvironmentVariable('APP_PRINCIPAL_ID')
