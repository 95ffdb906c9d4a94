"""MTN MoMo Open API: the adapter, and a simulator of the API."""
