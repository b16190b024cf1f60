"""Services that something else deploys: their blocks, and their plans."""
