"""The reconciliation loop: level-triggered, each beat stands alone, any of them may be the last."""
