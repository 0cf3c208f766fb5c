"""From a CSV file to series: finds the columns, reads times and values, and notes what is odd instead of failing."""
