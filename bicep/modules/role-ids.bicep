metadata name = 'Role ids'
metadata description = 'Every built-in role that this project grants, by name. The one place where their ids are written.'

@export()
@description('Ids of built-in roles by name. Ids are the same in every tenant and cloud.')
var roleIds = {
  'Azure Event Hubs Data Receiver': 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  'Azure Event Hubs Data Sender': '2b629674-e913-4c01-ae53-ef4638d8f975'
  'Durable Task Data Contributor': '0ad04412-c4d5-4796-b79c-f76d14c8d402'
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  'Storage Account Key Operator Service Role': '81a9662b-bebf-436f-a333-f67b29880f12'
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  'Website Contributor': 'de139f84-1756-47ae-9be6-808fbbe84772'
}
