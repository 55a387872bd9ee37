"""Tools that others keep. Each `judge` takes files of templates and gives a report for each, by its stem."""
