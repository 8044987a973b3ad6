"""What `azresp doctor` looks at, one module for each part."""
