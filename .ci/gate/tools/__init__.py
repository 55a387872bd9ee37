"""Tools that others keep. Each `judge` takes a folder of resolved templates and gives a report for each of them."""
