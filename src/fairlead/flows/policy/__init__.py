"""`fairlead policy`: the cases that try policies, the rules that hold, and one rule explained."""
