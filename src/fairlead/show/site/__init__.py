"""The running control plane's face: `fairlead up`, and page and API as one application on one address."""
