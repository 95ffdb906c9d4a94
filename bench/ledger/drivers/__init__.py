"""Programs that each load the server for some seconds and print one line of JSON: how many entries, in how long."""
