"""Tables of public list prices, as data: `plan.list_prices` reads them.

`aws.csv` and `azure.csv` re-state the price lists of the Karpenter providers for AWS and Azure, `google.csv` that of
Cyclenerd's Google Cloud pricing calculator (all Apache-2.0): a row for each instance type, a column for each region,
USD for an hour, empty where the list has no price. Regions whose list is in another currency are left out.
`services.csv` has a source and a date in every row.
"""
