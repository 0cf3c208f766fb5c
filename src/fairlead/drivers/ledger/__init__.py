"""The ledger's world: Delta tables, the engines that read them, files of bills."""
