"""What is asked of the ledger: cost by anything, per anything, and the bridge from the invoice to who is charged."""
